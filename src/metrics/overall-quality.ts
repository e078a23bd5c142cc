import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { readVersion } from '../stats/snapshot-version.ts'
import type { Quality } from './quality.ts'
import type { QualityTask, Tally } from './tally.ts'

/**
 * Quality over everything so far. Prequential: each outcome was predicted before its label was learned.
 *
 * Input     one outcome per update; an outcome of weight 0 is counted in `records` only
 * Snapshot  v1: the sums of the task
 */
export class OverallQuality<O, R> implements Quality<O, R> {
  readonly #tally: Tally<O, R>

  constructor(task: QualityTask<O, R>) {
    this.#tally = task.tally()
  }

  get records(): number {
    return this.#tally.records
  }

  update(outcome: O): void {
    this.#tally.check(outcome)
    this.#tally.add(outcome, 1)
  }

  report(): R {
    return this.#tally.report(1)
  }

  snapshot(writer: ByteWriter): void {
    writer.u8(1)
    this.#tally.snapshot(writer)
  }

  restore(reader: ByteReader): void {
    readVersion(reader, 1, 'a metric')
    this.#tally.restore(reader)
  }
}
