/**
 * A source whose lines are brought by others: the part that TCP, WebSocket and HTTP share.
 *
 * Without a spool there is one split 'live' whose offsets only count: what was not read when the process died is lost. With one the
 * split is 'spool', its offsets are those of the spool, and it can be read again from each of them.
 */
import { resolve } from 'node:path'
import { MillraceError } from '../errors.ts'
import type { LockOptions } from '../storage/acquire-lock.ts'
import { nodeStorage } from '../storage/node-storage.ts'
import { Spool } from '../storage/spool.ts'
import { segmentStart } from '../storage/spool-segment.ts'
import type { JobContext, SourceConnector, Split, SplitReader } from '../stream/ports.ts'
import type { Intake } from './intake.ts'
import { LineQueue } from './line-queue.ts'
import { SpoolIntake } from './spool-intake.ts'

/** What brings the lines of one source: a server, or a client that reads. */
export interface Producer {
  /** Of a server: the port it listens at. */
  readonly port?: number
  /** Takes nothing more, and answers whoever still asks that it does not. */
  close(): Promise<void>
}

/** `fail` ends the source: its reader throws the error. */
export type StartProducer = (context: JobContext, intake: Intake, fail: (error: unknown) => void) => Promise<Producer>

/** Options that all declarations of such sources have. */
interface IngestOptions {
  readonly bufferBytes: number
  readonly spool?: { readonly folder: string; readonly maxBytes: number }
}

export class IngestSource implements SourceConnector {
  readonly kind: string
  readonly #start: StartProducer
  readonly #disk: LockOptions
  /** By uid. They stay between two readers: what is in the queue, and who is connected, outlives a restart within the process. */
  readonly #ingests = new Map<string, Ingest>()

  constructor(kind: string, start: StartProducer, disk: LockOptions = { storage: nodeStorage }) {
    this.kind = kind
    this.#start = start
    this.#disk = disk
  }

  /** Looks only: nothing is opened, listened at or written. */
  async splits(context: JobContext): Promise<readonly Split[]> {
    const { spool } = context.options as unknown as IngestOptions
    if (spool === undefined) return [{ id: 'live' }]
    const running = this.#ingests.get(context.uid)?.intake
    if (running instanceof SpoolIntake) return [{ id: 'spool', start: running.spool.start }]
    const names = await this.#disk.storage.readdir(resolve(context.base, spool.folder)).catch(() => [])
    const starts = names.map(segmentStart).filter((start) => start !== undefined)
    return [{ id: 'spool', start: starts[0] ?? 0 }]
  }

  /**
   * Starts what brings the lines, unless it runs.
   *
   * @throws ML_SOURCE_CHANGED when the spool does not hold the offset; what the producer says
   */
  async open(context: JobContext, _split: Split, fromOffset: number): Promise<SplitReader> {
    let ingest = this.#ingests.get(context.uid)
    if (ingest === undefined) {
      ingest = await Ingest.open(context, this.#start, this.#disk)
      this.#ingests.set(context.uid, ingest)
    }
    try {
      return this.#watched(context, ingest, ingest.reader(fromOffset, context.uid))
    } catch (error) {
      await this.close(context)
      throw error
    }
  }

  async covered({ uid }: JobContext, offsets: ReadonlyMap<string, number>): Promise<void> {
    const intake = this.#ingests.get(uid)?.intake
    const offset = offsets.get('spool')
    if (intake instanceof SpoolIntake && offset !== undefined) await intake.covered(offset)
  }

  async close({ uid }: JobContext, again = false): Promise<void> {
    const ingest = this.#ingests.get(uid)
    // What listens goes on meanwhile: it is just then that a spool should take what comes.
    if (again && ingest?.hasFailed === false) return
    this.#ingests.delete(uid)
    await ingest?.close()
  }

  /** The port a source listens at, for programs that let the system choose one. */
  port(uid: string): number | undefined {
    return this.#ingests.get(uid)?.producer.port
  }

  /** A reader that tells of the failure of what brings its lines, and makes the next one begin anew. */
  #watched(context: JobContext, ingest: Ingest, reader: SplitReader): SplitReader {
    return {
      read: () => Promise.race([reader.read(), ingest.failed]),
      get caughtUp() {
        return reader.caughtUp
      },
      close: async () => {
        await reader.close()
        if (ingest.hasFailed) await this.close(context)
      },
    }
  }
}

/** One source that runs. */
class Ingest {
  readonly intake: LineQueue | SpoolIntake
  producer: Producer = { close: async () => {} }
  /** Never resolves; rejects when the producer failed. */
  readonly failed: Promise<never>
  hasFailed = false
  #fail: (error: unknown) => void = () => {}

  private constructor(intake: LineQueue | SpoolIntake) {
    this.intake = intake
    this.failed = new Promise((_resolve, reject) => {
      this.#fail = (error) => {
        this.hasFailed = true
        reject(error)
      }
    })
    // Whoever reads hears of it; where nobody does, it is no unhandled rejection.
    this.failed.catch(() => {})
  }

  static async open(context: JobContext, start: StartProducer, disk: LockOptions): Promise<Ingest> {
    const { spool, bufferBytes } = context.options as unknown as IngestOptions
    const intake =
      spool === undefined
        ? new LineQueue(bufferBytes)
        : new SpoolIntake(
            await Spool.open(resolve(context.base, spool.folder), { ...disk, maxBytes: spool.maxBytes }),
            disk.storage,
          )
    const ingest = new Ingest(intake)
    try {
      ingest.producer = await start(context, intake, ingest.#fail)
      return ingest
    } catch (error) {
      if (intake instanceof SpoolIntake) await intake.spool.close()
      throw error
    }
  }

  reader(fromOffset: number, uid: string): SplitReader {
    if (this.intake instanceof SpoolIntake) return this.intake.reader(fromOffset, `source "${uid}"`)
    return this.intake.reader()
  }

  async close(): Promise<void> {
    await this.producer.close()
    this.intake.end()
    if (this.intake instanceof SpoolIntake) await this.intake.spool.close()
  }
}

/** A connection that cannot be made, or broke: the engine restarts the job. */
export function connectionError(what: string, where: string, cause: unknown): MillraceError {
  const { code, message } = cause as { code?: unknown; message?: unknown }
  return new MillraceError('ML_CONNECTION', {
    what,
    got: code ?? message,
    where,
    remedy: 'See whether the other side runs and can be reached from here',
    cause,
  })
}
