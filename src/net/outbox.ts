import { Signal } from './intake.ts'

/** Rows between a sink's writer and what sends them: in order, kept until the sender knows them delivered. */
export class Outbox {
  /** Fires when rows were appended to an empty box. */
  readonly arrived = new Signal()
  readonly #chunks: Uint8Array[] = []
  #appended = 0
  #released = 0
  #waiting: { readonly at: number; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = []
  #failure: unknown
  #movedAt = performance.now()

  get pendingBytes(): number {
    return this.#appended - this.#released
  }

  /** What is not delivered, oldest first: whole rows each. */
  get chunks(): readonly Uint8Array[] {
    return this.#chunks
  }

  /** Milliseconds since something was delivered, or since nothing was there to be. */
  get stalledMs(): number {
    return performance.now() - this.#movedAt
  }

  /** Takes a copy. */
  append(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#failure !== undefined) return
    if (this.#chunks.length === 0) this.#movedAt = performance.now()
    this.#chunks.push(bytes.slice())
    this.#appended += bytes.length
    this.arrived.fire()
  }

  /** The oldest `count` chunks are delivered. */
  release(count: number): void {
    for (const { length } of this.#chunks.splice(0, count)) this.#released += length
    this.#movedAt = performance.now()
    const done = this.#waiting.filter(({ at }) => at <= this.#released)
    this.#waiting = this.#waiting.filter(({ at }) => at > this.#released)
    for (const { resolve } of done) resolve()
  }

  /** Resolves when all that was appended so far is delivered. @throws what `fail` was told */
  async settled(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const at = this.#appended
    if (this.#released < at) await new Promise<void>((resolve, reject) => this.#waiting.push({ at, resolve, reject }))
  }

  /** Nothing more will be delivered. */
  fail(error: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    for (const { reject } of this.#waiting) reject(error)
    this.#waiting = []
    this.arrived.fire()
  }
}
