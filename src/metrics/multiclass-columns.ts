import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { checkMulticlassOutcome, type MulticlassOutcome } from './multiclass-outcome.ts'
import type { OutcomeColumns } from './tally.ts'

/** How a class is stored beside the label of its outcome. */
const none = 0
const same = 1
const other = 2

/**
 * Multiclass outcomes in 64 bytes each, beside the texts of their classes. How often each class occurs is counted, so
 * that the limit holds for the classes in the columns, and one that has gone makes room.
 *
 * Snapshot  of an outcome: label; probability, Brier score, confidence, weight; then predicted, majority and last, each
 *           as 0 for null, 1 for the label's class, 2 and the text for another
 */
export class MulticlassColumns implements OutcomeColumns<MulticlassOutcome> {
  readonly #numbers: Float64Array
  /** Label, predicted, majority, last of each place. */
  readonly #names: (string | null)[] = []
  /** Labels and predictions of each class. */
  readonly #uses = new Map<string, number>()

  constructor(size: number) {
    this.#numbers = new Float64Array(4 * size)
  }

  check(outcome: MulticlassOutcome): void {
    checkMulticlassOutcome(outcome, this.#uses)
  }

  put(place: number, outcome: MulticlassOutcome): void {
    const at = 4 * place
    if (at < this.#names.length) for (const name of [this.#names[at], this.#names[at + 1]]) this.#use(name, -1)
    for (const name of [outcome.label, outcome.predicted]) this.#use(name, 1)
    this.#numbers[at] = outcome.probability
    this.#numbers[at + 1] = outcome.brier
    this.#numbers[at + 2] = outcome.confidence
    this.#numbers[at + 3] = outcome.weight
    this.#names[at] = outcome.label
    this.#names[at + 1] = outcome.predicted
    this.#names[at + 2] = outcome.majority
    this.#names[at + 3] = outcome.last
  }

  get(place: number): MulticlassOutcome {
    const at = 4 * place
    return {
      label: this.#names[at] as string,
      predicted: this.#names[at + 1],
      majority: this.#names[at + 2],
      last: this.#names[at + 3],
      probability: this.#numbers[at],
      brier: this.#numbers[at + 1],
      confidence: this.#numbers[at + 2],
      weight: this.#numbers[at + 3],
    }
  }

  write(writer: ByteWriter, place: number): void {
    const { label, predicted, majority, last } = this.get(place)
    writer.string(label)
    writer.f64s(this.#numbers, 4 * place, 4 * place + 4)
    for (const name of [predicted, majority, last]) {
      writer.u8(name === null ? none : name === label ? same : other)
      if (name !== null && name !== label) writer.string(name)
    }
  }

  read(reader: ByteReader): MulticlassOutcome {
    const label = reader.string()
    const [probability, brier, confidence, weight] = [reader.f64(), reader.f64(), reader.f64(), reader.f64()]
    const [predicted, majority, last] = [readClass(reader, label), readClass(reader, label), readClass(reader, label)]
    return { label, predicted, majority, last, probability, brier, confidence, weight }
  }

  #use(name: string | null, by: 1 | -1): void {
    if (name === null) return
    const uses = (this.#uses.get(name) ?? 0) + by
    if (uses === 0) this.#uses.delete(name)
    else this.#uses.set(name, uses)
  }
}

function readClass(reader: ByteReader, label: string): string | null {
  const how = reader.u8()
  if (how === none) return null
  if (how === same) return label
  if (how !== other) reader.fail('a class is stored in no known form', how)
  return reader.string()
}
