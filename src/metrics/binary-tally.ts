import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { AucSketch } from '../stats/auc-sketch.ts'
import { exactAuc } from '../stats/exact-auc.ts'
import { type BinaryOutcome, checkBinaryOutcome } from './binary-outcome.ts'
import type { BinaryReport } from './binary-report.ts'
import { BinarySums } from './binary-sums.ts'
import type { OutcomeBlock } from './outcome-block.ts'
import { checkProbabilities } from './outcome-input.ts'
import type { Summary, Tally } from './tally.ts'

/** Binary outcomes without end: sums, and a sketch of the area under the curve. Snapshot: sums, sketch. */
export class BinaryTally implements Tally<BinaryOutcome, BinaryReport> {
  readonly #sums = new BinarySums()
  readonly #auc = new AucSketch()

  get records(): number {
    return this.#sums.records
  }

  check(outcome: BinaryOutcome): void {
    checkBinaryOutcome(outcome)
  }

  add(outcome: BinaryOutcome, gain: number): void {
    this.#sums.add(outcome, gain)
    this.#auc.add(outcome.probability, outcome.label, outcome.weight * gain)
  }

  /**
   * Checks and counts outcomes of weight 1 that lie side by side: see `BinarySums.addOnes`.
   *
   * @throws ML_VALUE before any is counted
   */
  addOnes(block: OutcomeBlock): void {
    const { outs, outputs, labels, count } = block
    checkProbabilities(outs, outputs, count)
    this.#sums.addOnes(block)
    this.#auc.addOnes(outs, outputs, labels, count)
  }

  scale(factor: number): void {
    this.#sums.scale(factor)
    this.#auc.scale(factor)
  }

  report(): BinaryReport {
    return this.#sums.report(this.#auc.value)
  }

  snapshot(writer: ByteWriter): void {
    this.#sums.snapshot(writer)
    this.#auc.snapshot(writer)
  }

  restore(reader: ByteReader): void {
    this.#sums.restore(reader)
    this.#auc.restore(reader)
  }
}

/** Binary outcomes that are all at hand: the area under their curve is exact. */
export class BinarySummary implements Summary<BinaryOutcome, BinaryReport> {
  readonly #sums = new BinarySums()
  readonly #scores: Float64Array
  readonly #weights: Float64Array
  readonly #labels: Uint8Array

  constructor(count: number) {
    this.#scores = new Float64Array(count)
    this.#weights = new Float64Array(count)
    this.#labels = new Uint8Array(count)
  }

  add(outcome: BinaryOutcome, gain: number): void {
    const at = this.#sums.records
    this.#scores[at] = outcome.probability
    this.#weights[at] = outcome.weight * gain
    this.#labels[at] = outcome.label ? 1 : 0
    this.#sums.add(outcome, gain)
  }

  report(): BinaryReport {
    return this.#sums.report(exactAuc(this.#scores, this.#weights, this.#labels, this.#sums.records))
  }
}
