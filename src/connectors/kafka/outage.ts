import { setTimeout as delay } from 'node:timers/promises'
import { MillraceError } from '../../errors.ts'

/** Pauses between tries, in milliseconds: from the first to the longest, each twice the one before. */
const FIRST_MS = 20
const LONGEST_MS = 2000
/** An outage that lasts longer is said. */
const SAID_AFTER_MS = 10_000

export interface OutageOptions {
  /** How long tries go on, in milliseconds. */
  readonly limitMs: number
  /** Whose calls these are: `sink "scores"`. */
  readonly where: string
  readonly warn: (message: string) => void
}

/**
 * How long a cluster has not done what it was asked: paces the tries of one writer, says when it takes long, and gives up in
 * the end, when the server will have given up, too.
 */
export class Outage {
  readonly #options: OutageOptions
  readonly #closing = new AbortController()
  #since: number | undefined
  #said = false

  constructor(options: OutageOptions) {
    this.#options = options
  }

  /** The cluster does what it is asked. */
  over(): void {
    if (this.#since === undefined) return
    if (this.#said) this.#options.warn(`${this.#options.where}: the Kafka cluster answers again`)
    this.#since = undefined
    this.#said = false
  }

  /**
   * Waits before the next try.
   *
   * @param tries that failed, 1 or more
   * @throws ML_KAFKA, of class 'transient', when the limit is over, or when it was closed
   */
  async pause(tries: number, reason: string): Promise<void> {
    const now = performance.now()
    this.#since ??= now
    const lastsMs = now - this.#since
    const { limitMs, where, warn } = this.#options
    if (this.#closing.signal.aborted) throw this.#failure(`was left while it did not answer: ${reason}`)
    if (lastsMs > limitMs) throw this.#failure(`has not answered for ${Math.round(lastsMs / 1000)} s: ${reason}`)
    if (lastsMs > SAID_AFTER_MS && !this.#said) {
      this.#said = true
      warn(`${where}: the Kafka cluster has not answered for ${Math.round(lastsMs / 1000)} s, trying on: ${reason}`)
    }
    const pauseMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries - 1, 10))
    await delay(pauseMs, undefined, { signal: this.#closing.signal }).catch(() => {
      throw this.#failure(`was left while it did not answer: ${reason}`)
    })
  }

  /** Ends all pauses, and tries with them. */
  close(): void {
    this.#closing.abort()
  }

  #failure(what: string): MillraceError {
    return new MillraceError('ML_KAFKA', {
      what: `the Kafka cluster ${what}`,
      where: this.#options.where,
      remedy: 'The job is started again from its last checkpoint until the cluster answers',
    })
  }
}
