/**
 * Records taken out of the order buffer a little ahead, so that operators with large state can bring the rows of their
 * keys into the cache together. Order and results are as without it; nothing stays here between two runs of the stage.
 */
import { type EncodedKey, KeyEncoder } from '../state/key.ts'
import { type Envelope, MAX_TIME } from '../time/identity.ts'
import type { OrderBuffer } from '../time/order-buffer.ts'
import type { Cell } from './cell.ts'

const BATCH = 32

export type KeyFunction = ((value: never) => unknown) | undefined

export class RunAhead {
  /** Rank of the record that `take` gave last. */
  rank = 0
  /** Its key, where `warm` encoded it. */
  key: EncodedKey | undefined
  readonly #envelopes: Envelope[] = []
  readonly #ranks = new Int32Array(BATCH)
  readonly #encoders: readonly KeyEncoder[]
  readonly #keys: EncodedKey[] = []
  /** Keys of the batch by place; empty while nothing was warmed. */
  readonly #encoded: (EncodedKey | undefined)[] = []
  #at = 0

  constructor(keyGroups: number) {
    this.#encoders = Array.from({ length: BATCH }, () => new KeyEncoder(keyGroups))
  }

  get isEmpty(): boolean {
    return this.#at === this.#envelopes.length
  }

  peekTime(): number {
    return this.isEmpty ? MAX_TIME + 1 : this.#envelopes[this.#at].time
  }

  take(): Envelope {
    this.rank = this.#ranks[this.#at]
    this.key = this.#encoded[this.#at]
    return this.#envelopes[this.#at++]
  }

  /** Takes what is due, at most `limit`. */
  fill(buffer: OrderBuffer, target: number, limit: number): void {
    this.#envelopes.length = 0
    this.#encoded.length = 0
    this.#at = 0
    const most = Math.min(limit, BATCH)
    while (this.#envelopes.length < most && buffer.peekTime() <= target) {
      const envelope = buffer.pop()
      this.#ranks[this.#envelopes.length] = buffer.rank
      this.#envelopes.push(envelope)
    }
  }

  /** Tells operators with large state which keys come. A key function that throws says so when the record is processed. */
  warm(entries: readonly Cell[], keyFunctions: readonly KeyFunction[]): void {
    const { operator } = entries[0]
    if (this.#envelopes.length < 2 || operator.large !== true) return
    let count = 0
    for (let i = 0; i < this.#envelopes.length; i++) {
      const key = keyFunctions[this.#ranks[i]]
      try {
        const encoded = this.#encoders[i].encode(key?.(this.#envelopes[i].value as never) as never)
        this.#keys[count++] = encoded
        this.#encoded.push(encoded)
      } catch {
        this.#encoded.push(undefined)
      }
    }
    operator.warm?.(this.#keys, count)
  }

  /** Puts back what was not taken. */
  giveBack(buffer: OrderBuffer): void {
    while (!this.isEmpty) {
      const envelope = this.take()
      buffer.push(this.rank, envelope)
    }
  }
}
