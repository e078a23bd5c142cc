import { resolve } from 'node:path'
import { MillraceError } from '../../errors.ts'
import type { JsonObject } from '../../stage/json.ts'
import { acquireLock, type LockOptions } from '../../storage/acquire-lock.ts'
import { nodeStorage } from '../../storage/node-storage.ts'
import { storageError } from '../../storage/storage-error.ts'
import type { ConnectorContext, SinkConnector, SinkWriter } from '../../stream/ports.ts'
import { SinkFolder } from './sink-folder.ts'
import { cutOf, judge } from './sink-recovery.ts'
import { FileSinkWriter } from './sink-writer.ts'

/**
 * A folder of parts, exactly once: rows go to `part-00000.jsonl.open`, a closed part gets its final name after a
 * committed checkpoint covers its end, recovery cuts the open part back to the checkpoint and removes later ones.
 *
 * The folder is locked, so that no two runs write to it, and fenced: whoever loses the lock prepares and commits nothing
 * more. Hidden files in it: `.lock-<epoch>` and `.sink.json` (see Fence).
 *
 * Voids exactly once: reading parts that end in `.open`; removing or changing them while the pipeline may go on.
 */
export class FileSink implements SinkConnector {
  readonly kind = 'file'
  readonly guarantee = 'exactly-once'
  readonly #lock: LockOptions

  constructor(lock: LockOptions = { storage: nodeStorage }) {
    this.#lock = lock
  }

  /** @throws ML_SINK_EXISTS, ML_SINK_AHEAD, ML_SINK_LOST, ML_PATH, ML_STORAGE */
  async check(context: ConnectorContext, restored: Restored | undefined): Promise<void> {
    const { folder, cut, where } = this.#place(context, restored)
    try {
      await judge(folder, context.uid, cut)
    } catch (error) {
      throw storageError('look at the sink', where, error)
    }
  }

  /**
   * @throws ML_SINK_EXISTS, ML_SINK_AHEAD, ML_SINK_LOST as recovery finds; ML_LOCKED when another run writes there;
   *   ML_PATH when the folder is a link; ML_STORAGE
   */
  async open(context: ConnectorContext, restored: Restored | undefined): Promise<SinkWriter> {
    const { uid } = context
    const { folder, cut, where } = this.#place(context, restored)
    try {
      // Once before anything is written there, so that a refused folder stays as it is, and once as its holder.
      await judge(folder, uid, cut)
      const lock = await acquireLock(folder.path, this.#lock)
      try {
        const recover = await judge(folder, uid, cut)
        return new FileSinkWriter(folder, lock, await recover(), where)
      } catch (error) {
        await lock.release().catch(() => {})
        throw error
      }
    } catch (error) {
      throw storageError('open the sink', where, error)
    }
  }

  /**
   * Removes the parts of earlier runs of this sink, whatever checkpoint covered them. Other files stay.
   *
   * @throws ML_SINK_EXISTS when the parts are those of another sink, ML_LOCKED, ML_PATH, ML_STORAGE
   */
  async clear({ uid, options, base }: ConnectorContext): Promise<void> {
    const { folder, where } = this.#place({ uid, options, base }, undefined)
    try {
      const { fence } = await folder.survey()
      if (fence === undefined) return
      if (fence.uid !== uid) throw othersOutput(fence.uid, where)
      const lock = await acquireLock(folder.path, this.#lock)
      try {
        await folder.clear()
      } finally {
        await lock.release()
      }
    } catch (error) {
      throw storageError('clear the sink', where, error)
    }
  }

  #place({ uid, options, base }: ConnectorContext, restored: Restored | undefined) {
    const path = resolve(base, options.folder as string)
    const where = `${path} (sink "${uid}")`
    const folder = new SinkFolder(this.#lock.storage, path, extension(options, where))
    const cut = restored === undefined ? undefined : cutOf(restored.prepared, where)
    return { folder, cut, where }
  }
}

/** As the port gives it: the checkpoint's id and what this sink prepared for it. */
type Restored = { epoch: number; prepared: JsonObject }

function othersOutput(uid: string, where: string): MillraceError {
  return new MillraceError('ML_SINK_EXISTS', {
    what: `the folder holds the output of another sink, "${uid}"`,
    where,
    remedy: 'Choose another folder, or remove this one yourself',
  })
}

function extension(options: JsonObject, where: string): string {
  const name = (options.format as JsonObject | undefined)?.name
  if (name === 'csv' || name === 'jsonl') return name
  throw new MillraceError('ML_RANGE', {
    what: 'a file sink writes csv or jsonl',
    got: name,
    where,
    remedy: 'Use csv(folder, ...) or jsonl(folder)',
  })
}
