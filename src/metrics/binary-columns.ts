import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { type BinaryOutcome, checkBinaryOutcome } from './binary-outcome.ts'
import type { OutcomeColumns } from './tally.ts'

const labelBit = 1
const majorityBit = 2
const lastBit = 4

/**
 * Binary outcomes in 25 bytes each: what the baselines guess when they know nothing is kept as that guess.
 *
 * Snapshot  of an outcome: probability, prior, weight, a byte of flags
 */
export class BinaryColumns implements OutcomeColumns<BinaryOutcome> {
  readonly #probability: Float64Array
  readonly #prior: Float64Array
  readonly #weight: Float64Array
  readonly #flags: Uint8Array

  constructor(size: number) {
    this.#probability = new Float64Array(size)
    this.#prior = new Float64Array(size)
    this.#weight = new Float64Array(size)
    this.#flags = new Uint8Array(size)
  }

  check(outcome: BinaryOutcome): void {
    checkBinaryOutcome(outcome)
  }

  put(place: number, { probability, label, weight, prior, majority, last }: BinaryOutcome): void {
    this.#probability[place] = probability
    this.#prior[place] = prior ?? 0.5
    this.#weight[place] = weight
    this.#flags[place] = (label ? labelBit : 0) | (majority ? majorityBit : 0) | (last ? lastBit : 0)
  }

  get(place: number): BinaryOutcome {
    return outcomeOf(this.#probability[place], this.#prior[place], this.#weight[place], this.#flags[place])
  }

  write(writer: ByteWriter, place: number): void {
    writer.f64(this.#probability[place])
    writer.f64(this.#prior[place])
    writer.f64(this.#weight[place])
    writer.u8(this.#flags[place])
  }

  read(reader: ByteReader): BinaryOutcome {
    const [probability, prior, weight, flags] = [reader.f64(), reader.f64(), reader.f64(), reader.u8()]
    if (flags > (labelBit | majorityBit | lastBit)) reader.fail('the flags of an outcome are unknown', flags)
    return outcomeOf(probability, prior, weight, flags)
  }
}

function outcomeOf(probability: number, prior: number, weight: number, flags: number): BinaryOutcome {
  const has = (bit: number): boolean => (flags & bit) !== 0
  return { probability, label: has(labelBit), weight, prior, majority: has(majorityBit), last: has(lastBit) }
}
