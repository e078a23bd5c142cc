/** Growing pauses between attempts, from a quarter of a second to half a minute, shaken so that many clients do not come at once. */
export class BackOff {
  readonly #firstMs: number
  readonly #maxMs: number
  #tries = 0

  constructor(firstMs = 250, maxMs = 30_000) {
    this.#firstMs = firstMs
    this.#maxMs = maxMs
  }

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const full = Math.min(this.#maxMs, this.#firstMs * 2 ** Math.min(20, this.#tries++))
    return full * (0.5 + Math.random() / 2)
  }

  /** After a success. */
  reset(): void {
    this.#tries = 0
  }
}
