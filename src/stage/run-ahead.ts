/**
 * Records taken out of the order buffer a little ahead: their values are read together, which is quicker than between two
 * records that are processed, and operators with large state can bring the rows of their keys into the cache together.
 * Order and results are as without it; nothing stays here between two runs of the stage.
 */
import { type EncodedKey, KeyEncoder } from '../state/key.ts'
import { MAX_TIME } from '../time/identity.ts'
import type { OrderBuffer } from '../time/order-buffer.ts'
import { OrderedRecord } from '../time/ordered-record.ts'
import type { Cell } from './cell.ts'
import { takeValue } from './held-records.ts'

const BATCH = 32

export type KeyFunction = ((value: never) => unknown) | undefined

export class RunAhead {
  /** Of the record that `take` gave last, where `warm` encoded it. */
  key: EncodedKey | undefined
  readonly #records = Array.from({ length: BATCH }, () => new OrderedRecord())
  #count = 0
  readonly #keyGroups: number
  readonly #encoders: KeyEncoder[] = []
  readonly #keys: EncodedKey[] = []
  /** Keys of the batch by place; empty while nothing was warmed. */
  readonly #encoded: (EncodedKey | undefined)[] = []
  #at = 0

  constructor(keyGroups: number) {
    this.#keyGroups = keyGroups
  }

  get isEmpty(): boolean {
    return this.#at === this.#count
  }

  peekTime(): number {
    return this.isEmpty ? MAX_TIME + 1 : this.#records[this.#at].time
  }

  /** The next record; it changes with the next `fill`. */
  take(): OrderedRecord {
    this.key = this.#encoded[this.#at]
    return this.#records[this.#at++]
  }

  /** Takes what is due, at most `limit`. */
  fill(buffer: OrderBuffer, target: number, limit: number): void {
    this.#encoded.length = 0
    this.#at = this.#count = 0
    const most = Math.min(limit, BATCH)
    while (this.#count < most && buffer.peekTime() <= target) {
      const record = buffer.pop(this.#records[this.#count++])
      record.value = takeValue(record)
    }
  }

  /** Tells operators with large state which keys come. A key function that throws says so when the record is processed. */
  warm(entries: readonly Cell[], keyFunctions: readonly KeyFunction[]): void {
    const { operator } = entries[0]
    if (this.#count < 2 || operator.large !== true) return
    let count = 0
    for (let i = 0; i < this.#count; i++) {
      const { rank, value } = this.#records[i]
      const key = keyFunctions[rank]
      try {
        this.#encoders[i] ??= new KeyEncoder(this.#keyGroups)
        const encoded = this.#encoders[i].encode(key?.(value as never) as never)
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
      const record = this.take()
      buffer.push(record.rank, record, record.value)
    }
  }
}
