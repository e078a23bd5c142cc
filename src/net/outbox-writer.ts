import type { JsonObject, SinkWriter } from '../stream/ports.ts'
import type { BackOff } from './back-off.ts'
import { connectionError } from './ingest-source.ts'
import { Outbox } from './outbox.ts'
import { pause } from './pause.ts'

/** Without a connection, or with connections that take nothing, for so long, the job is restarted from its last checkpoint. */
const GIVE_UP_MS = 30_000

/** A sink's writer whose rows wait in an outbox until the other side has them. Nothing of it is undone or shown by a commit. */
export abstract class OutboxWriter implements SinkWriter {
  protected readonly box = new Outbox()

  /** What the other side is not known to have. */
  get pendingBytes(): number {
    return this.box.pendingBytes
  }

  append(bytes: Uint8Array): void {
    this.box.append(bytes)
    this.appended()
  }

  roll(): void {}

  drain(): Promise<void> {
    return this.box.settled()
  }

  async prepare(): Promise<JsonObject> {
    await this.box.settled()
    return {}
  }

  async commit(): Promise<void> {}

  abstract close(): Promise<void>

  /** Rows have come. */
  protected appended(): void {}

  /**
   * Another connection, after pauses that grow; undefined when `signal` ended the waiting, or when it was given up: the
   * outbox has failed then.
   */
  protected async reconnected<S>(
    open: () => Promise<S>,
    { signal, backOff, to, where, cause }: Reconnection,
  ): Promise<S | undefined> {
    const brokenAt = performance.now()
    let last = cause
    const waitedMs = () => (this.pendingBytes > 0 ? this.box.stalledMs : performance.now() - brokenAt)
    while (!signal.aborted && waitedMs() < GIVE_UP_MS) {
      // A server that ends each connection at once is not asked again at once.
      await pause(backOff.next(), signal)
      try {
        return await open()
      } catch (error) {
        last = error
      }
    }
    if (!signal.aborted) this.box.fail(connectionError(`no connection to ${to} that takes rows`, where, last))
    return undefined
  }
}

export interface Reconnection {
  readonly signal: AbortSignal
  readonly backOff: BackOff
  /** Whom, as errors say it. */
  readonly to: string
  readonly where: string
  /** What ended the last connection. */
  readonly cause: unknown
}
