import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { AucSketch } from '../stats/auc-sketch.ts'
import { readVersion } from '../stats/snapshot-version.ts'
import { type BinaryOutcome, checkOutcome } from './binary-outcome.ts'
import type { BinaryReport } from './binary-report.ts'
import { BinaryTally } from './binary-tally.ts'

/**
 * Quality of binary predictions over everything so far (prequential: each outcome was predicted before its label was
 * learned), beside the majority, no-change and prior baselines on the same outcomes.
 *
 * Input     one outcome per update; an outcome of weight 0 is counted in `records` only
 * Empty     every value of the report is null, `records` is 0
 * First     the baselines, knowing nothing, guess false and 0.5
 * Cost      O(1) time per update, 0.1 µs; 256 KB, the sketch of the area under the curve, which is within 5e-5
 * Order     insensitive but for the last bits of sums of weights that are not integers, and of logarithms
 * Snapshot  v1: sums, sketch
 * @throws ML_VALUE ML_LABEL from `update`, before anything is counted
 * @example
 * const quality = new BinaryQuality()
 * quality.update({ probability: 0.8, label: true, weight: 1, prior: 0.5, majority: null, last: null })
 * quality.report().accuracy // 1
 * @see Gama, Sebastião & Rodrigues 2013, "On evaluating stream learning algorithms". Cohen 1960 (κ). Bifet et al. 2015,
 * "Efficient online evaluation of big data stream classifiers" (κ temporal; Žliobaitė et al. 2015).
 */
export class BinaryQuality {
  readonly #tally = new BinaryTally()
  #auc = new AucSketch()

  get records(): number {
    return this.#tally.records
  }

  update(outcome: BinaryOutcome): void {
    checkOutcome(outcome)
    this.#tally.add(outcome)
    this.#auc.update(outcome.probability, outcome.label, outcome.weight)
  }

  report(): BinaryReport {
    return this.#tally.report(this.#auc.value)
  }

  snapshot(writer: ByteWriter): void {
    writer.u8(1)
    this.#tally.snapshot(writer)
    this.#auc.snapshot(writer)
  }

  /** @throws ML_CORRUPT ML_VERSION */
  restore(reader: ByteReader): void {
    readVersion(reader, 1, 'a metric')
    this.#tally.restore(reader)
    this.#auc.restore(reader)
  }
}
