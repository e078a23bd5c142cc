import { later } from './refusal.ts'

/** A bucket that fills by `perSecond` and holds as much. What is taken in one piece may leave it in debt. */
class Bucket {
  readonly #perSecond: number
  #level: number
  #at: number

  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond
    this.#level = perSecond
    this.#at = now
  }

  /** Seconds until there is something in it again; 0 when there is. */
  wait(now: number): number {
    this.#level = Math.min(this.#perSecond, this.#level + ((now - this.#at) / 1000) * this.#perSecond)
    this.#at = now
    return this.#level > 0 ? 0 : -this.#level / this.#perSecond + 1 / this.#perSecond
  }

  take(amount: number): void {
    this.#level -= amount
  }
}

/** Bounds records and bytes per second. A body is taken as a whole while there is credit, and paid for afterwards. */
export class RateLimiter {
  readonly #now: () => number
  readonly #records: Bucket | undefined
  readonly #bytes: Bucket | undefined

  constructor(
    { recordsPerSecond, bytesPerSecond }: { readonly recordsPerSecond?: number; readonly bytesPerSecond?: number },
    now: () => number = () => performance.now(),
  ) {
    this.#now = now
    this.#records = recordsPerSecond === undefined ? undefined : new Bucket(recordsPerSecond, now())
    this.#bytes = bytesPerSecond === undefined ? undefined : new Bucket(bytesPerSecond, now())
  }

  /** @throws Refusal: 429 while there is no credit */
  check(): void {
    const now = this.#now()
    const seconds = Math.max(this.#records?.wait(now) ?? 0, this.#bytes?.wait(now) ?? 0)
    if (seconds > 0) throw later(429, 'more comes in than may', seconds)
  }

  /** @throws Refusal: 429, and takes nothing */
  take(records: number, bytes: number): void {
    this.check()
    this.#records?.take(records)
    this.#bytes?.take(bytes)
  }
}
