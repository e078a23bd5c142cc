import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { BINS, binOf } from './auc-grid.ts'
import { readVersion } from './snapshot-version.ts'
import { checkWeight } from './statistic-input.ts'

/** Weights up to here are stored as integers where they are. */
const LARGEST_COUNT = 4503599627370495

/**
 * Area under the ROC curve of everything so far, from counts of scores in a fixed grid.
 *
 * Scores of one bin count as equal. What that misses is at most half the share of (true, false) pairs that meet in a
 * bin, and nearly all of it cancels: within 5e-5 of the exact area for 50,000 scores of logistic, rare-class and naive
 * Bayes models, 2e-4 for 1,000. Scores that all lie within 1/1000 of each other are told apart less well (1e-3).
 *
 * Input     a score in [0, 1], a label, a weight
 * Empty     NaN until both labels have weight
 * Cost      O(1) per update, O(bins) per value (20 µs), 256 KB
 * Order     insensitive but for the last bits of sums of weights that are not integers; merging is adding, exactly
 * Snapshot  v1: the bins that hold anything, each as its distance from the one before, negative and positive weight
 * @throws ML_VALUE for a score outside [0, 1], ML_LABEL for a weight that is negative or not finite; nothing is counted
 * @example
 * const auc = new AucSketch()
 * auc.update(0.1, false)
 * auc.update(0.4, true)
 * auc.update(0.35, false)
 * auc.update(0.8, true)
 * auc.value // 1
 * @see Mann & Whitney 1947; Bouckaert 2006, "Efficient AUC learning curve calculation" (binned scores)
 */
export class AucSketch {
  /** Weight of the negatives and of the positives of each bin, side by side. */
  private weights = new Float64Array(2 * BINS)

  update(score: number, label: boolean, weight = 1): void {
    if (!(score >= 0 && score <= 1)) {
      throw new MillraceError('ML_VALUE', { what: 'a score must lie in [0, 1]', got: score, where: 'AucSketch' })
    }
    checkWeight(weight, 'AucSketch')
    this.add(score, label, weight)
  }

  /** The same of values that are known to be right. */
  add(score: number, label: boolean, weight: number): void {
    this.weights[2 * binOf(score) + (label ? 1 : 0)] += weight
  }

  /** The same of scores side by side, `stride` apart, whose labels are 0 or 1 and weigh 1. */
  addOnes(scores: Float64Array, stride: number, labels: Float64Array, count: number): void {
    const { weights } = this
    for (let i = 0, at = 0; i < count; i++, at += stride) weights[2 * binOf(scores[at]) + (labels[i] | 0)] += 1
  }

  get value(): number {
    const { weights } = this
    let won = 0
    let negativeBelow = 0
    let positiveBelow = 0
    for (let at = 0; at < weights.length; at += 2) {
      const negative = weights[at]
      const positive = weights[at + 1]
      won += positive * (negativeBelow + negative / 2)
      negativeBelow += negative
      positiveBelow += positive
    }
    return won / positiveBelow / negativeBelow
  }

  /** Multiplies every weight, which changes no value: for weights that grow with time. */
  scale(factor: number): void {
    for (let at = 0; at < this.weights.length; at++) this.weights[at] *= factor
  }

  merge(other: AucSketch): void {
    for (let at = 0; at < this.weights.length; at++) this.weights[at] += other.weights[at]
  }

  snapshot(writer: ByteWriter): void {
    const { weights } = this
    let held = 0
    for (let at = 0; at < weights.length; at += 2) if (weights[at] !== 0 || weights[at + 1] !== 0) held++
    writer.u8(1)
    writer.varint(held)
    let next = 0
    for (let bin = 0; bin < BINS; bin++) {
      const negative = weights[2 * bin]
      const positive = weights[2 * bin + 1]
      if (negative === 0 && positive === 0) continue
      writer.varint(bin - next)
      writeWeight(writer, negative)
      writeWeight(writer, positive)
      next = bin + 1
    }
  }

  /** @throws ML_CORRUPT ML_VERSION; the sketch is then as it was */
  restore(reader: ByteReader): void {
    readVersion(reader, 1, 'a sketch of the area under the curve')
    const weights = new Float64Array(2 * BINS)
    let bin = -1
    for (let held = reader.varint(); held > 0; held--) {
      bin += 1 + reader.varint()
      if (bin >= BINS) reader.fail('a bin lies outside the grid', bin)
      weights[2 * bin] = readWeight(reader)
      weights[2 * bin + 1] = readWeight(reader)
      if (weights[2 * bin] === 0 && weights[2 * bin + 1] === 0) reader.fail('a stored bin is empty', bin)
    }
    this.weights = weights
  }
}

/** An integer as its double, which leaves odd numbers free: 1 announces a double. */
function writeWeight(writer: ByteWriter, weight: number): void {
  if (Number.isInteger(weight) && weight <= LARGEST_COUNT) {
    writer.varint(2 * weight)
  } else {
    writer.varint(1)
    writer.f64(weight)
  }
}

function readWeight(reader: ByteReader): number {
  const stored = reader.varint()
  if (stored % 2 === 0) return stored / 2
  if (stored !== 1) reader.fail('a weight is in no known form', stored)
  const weight = reader.f64()
  const isCount = Number.isInteger(weight) && weight <= LARGEST_COUNT
  if (!(weight > 0 && weight < Number.POSITIVE_INFINITY) || isCount)
    reader.fail('a weight is not as it is written', weight)
  return weight
}
