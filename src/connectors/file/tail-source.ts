import type { FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { MillraceError } from '../../errors.ts'
import { systemCode } from '../../storage/storage-error.ts'
import type { JobContext, KnownSplit, SourceConnector, Split, SplitReader } from '../../stream/ports.ts'
import { Following } from './following.ts'
import { type Generation, LINE_FEED, openGeneration } from './generations.ts'
import { sourceError, tooShort } from './source-error.ts'
import { TailReader } from './tail-reader.ts'

/** Times the folder is looked at anew because a file was renamed while it was being opened. */
const TRIES = 5

/**
 * Follows a file through its generations; see `tail`. Splits are generations, in phases: one at a time, in order of birth.
 */
export class TailSource implements SourceConnector {
  readonly kind = 'tail'
  readonly #followings = new Map<string, Following>()

  /**
   * @throws ML_NO_FILE when the folder is missing, ML_SOURCE_CHANGED when a generation is gone that was not read to its end,
   *   ML_SOURCE
   */
  async splits(context: JobContext, known?: ReadonlyMap<string, KnownSplit>): Promise<readonly Split[]> {
    const following = this.#following(context)
    try {
      return await following.splits(known, context.warn)
    } catch (error) {
      const folder = dirname(following.path)
      if (systemCode(error) !== 'ENOENT') throw sourceError('list the folder', folder, error)
      throw new MillraceError('ML_NO_FILE', {
        what: 'there is no such folder',
        where: `${folder} (source "${context.uid}")`,
        remedy: 'The file may come later; its folder must exist. Relative paths count from the base folder',
      })
    }
  }

  /** @throws ML_SOURCE_CHANGED when the offset is not the end of a line of this generation, or it is gone; ML_SOURCE */
  async open(context: JobContext, split: Split, fromOffset: number): Promise<SplitReader> {
    const following = this.#following(context)
    const { generation, handle } = await this.#find(following, split.id, fromOffset)
    try {
      await expectOffset(handle, generation.path, fromOffset)
    } catch (error) {
      await handle.close()
      throw sourceError('read the file', generation.path, error)
    }
    return following.read(generation, (options) => new TailReader({ ...options, handle, fromOffset }))
  }

  async close(context: JobContext): Promise<void> {
    this.#following(context).close()
  }

  async #find(
    following: Following,
    id: string,
    fromOffset: number,
  ): Promise<{ generation: Generation; handle: FileHandle }> {
    for (let tries = 0; tries < TRIES; tries++) {
      const generation = tries === 0 ? following.seen(id) : await following.lookFor(id)
      const handle = generation === undefined ? undefined : await openGeneration(generation)
      if (generation !== undefined && handle !== undefined) return { generation, handle }
    }
    throw following.gone(id, fromOffset)
  }

  /** What a source knows of its file is kept while the program runs, over restarts of the job. */
  #following({ uid, options, base }: JobContext): Following {
    const path = resolve(base, options.path as string)
    const key = `${uid}\n${path}`
    const following =
      this.#followings.get(key) ??
      new Following({
        path,
        uid,
        rotated: options.rotated as readonly string[] | undefined,
        headLines: options.headLines as number,
        quietMs: options.rotateWaitMs as number,
        fromLatest: options.start === 'latest',
      })
    this.#followings.set(key, following)
    return following
  }
}

/** What is consumed ends with a line, or with the file. */
async function expectOffset(handle: FileHandle, path: string, fromOffset: number): Promise<void> {
  const { size } = await handle.stat()
  if (fromOffset > size) throw tooShort(path, size, fromOffset)
  if (fromOffset === 0 || fromOffset === size) return
  const before = new Uint8Array(1)
  await handle.read(before, 0, 1, fromOffset - 1)
  if (before[0] === LINE_FEED) return
  throw new MillraceError('ML_SOURCE_CHANGED', {
    what: `the checkpoint stands at byte ${fromOffset}, which is no longer the beginning of a line: the file was rewritten`,
    where: path,
    remedy: 'Bring the file back as it was, or start anew with new folders for the output',
  })
}
