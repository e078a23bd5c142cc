import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { isMillraceError, MillraceError } from '../errors.ts'
import { readVersion } from '../stats/snapshot-version.ts'
import type { Quality } from './quality.ts'
import type { OutcomeColumns, QualityTask } from './tally.ts'

/**
 * Quality over the last `size` outcomes. The outcomes themselves are kept, and a report is computed from them afresh:
 * nothing is ever subtracted, so no error builds up, and nothing is sketched.
 *
 * Input     one outcome per update
 * First     a report covers what has come until the window is full
 * Cost      O(1) per update, O(size) per report, and what the task needs to keep an outcome
 * Order     sensitive: which outcomes are the last
 * Snapshot  v1: how many, then each from the oldest on. Restored into a smaller window, the newest stay
 * @param size how many outcomes, an integer from 1 to 10,000,000
 * @throws ML_RANGE for another size; what the task refuses, from `update`
 */
export class WindowedQuality<O, R> implements Quality<O, R> {
  readonly size: number
  readonly #task: QualityTask<O, R>
  #kept: OutcomeColumns<O>
  #count = 0
  /** Where the next outcome goes; the oldest one's place once the ring is full. */
  #next = 0

  constructor(task: QualityTask<O, R>, size: number) {
    if (!(Number.isInteger(size) && size >= 1 && size <= 10_000_000)) {
      throw new MillraceError('ML_RANGE', {
        what: 'the window must be a whole number of outcomes from 1 to 10,000,000',
        got: size,
        where: 'WindowedQuality',
      })
    }
    this.size = size
    this.#task = task
    this.#kept = task.columns(size)
  }

  get records(): number {
    return this.#count
  }

  update(outcome: O): void {
    this.#kept.check(outcome)
    this.#kept.put(this.#next, outcome)
    this.#next = this.#next + 1 === this.size ? 0 : this.#next + 1
    if (this.#count < this.size) this.#count++
  }

  report(): R {
    const summary = this.#task.summary(this.#count)
    for (let age = 0; age < this.#count; age++) summary.add(this.#kept.get(this.#place(age)), 1)
    return summary.report(1)
  }

  snapshot(writer: ByteWriter): void {
    writer.u8(1)
    writer.varint(this.#count)
    for (let age = 0; age < this.#count; age++) this.#kept.write(writer, this.#place(age))
  }

  restore(reader: ByteReader): void {
    readVersion(reader, 1, 'a metric')
    this.#kept = this.#task.columns(this.size)
    this.#count = 0
    this.#next = 0
    for (let left = reader.varint(); left > 0; left--) {
      const outcome = this.#kept.read(reader)
      try {
        this.update(outcome)
      } catch (error) {
        if (isMillraceError(error)) reader.fail(`this is no outcome: ${error.what}`)
        throw error
      }
    }
  }

  /** The place of the outcome that is `age` after the oldest. */
  #place(age: number): number {
    return this.#count < this.size ? age : (this.#next + age) % this.size
  }
}
