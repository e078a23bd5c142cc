/**
 * Several models over one table, prequentially, in one pass: each record tests every model before it trains it.
 *
 * Rows are decoded into a block of vectors, then each model goes through the block: the loop of a model stays small, and
 * its time can be told from that of reading.
 *
 * Numbers   a model's predictions are those of `learn` in a pipeline over the same records, to the bit
 */
import { FeatureEncoder } from '../features/feature-encoder.ts'
import type { FeatureVector } from '../features/feature-vector.ts'
import { CsvDecoder } from '../formats/csv.ts'
import type { CsvOptions } from '../formats/csv-options.ts'
import type { Rejection } from '../formats/decoder.ts'
import type { RecordSchema } from '../formats/schema.ts'
import { createTask } from '../learn/tasks/create-task.ts'
import type { ModelTask } from '../learn/tasks/model-task.ts'
import { Contender } from './contender.ts'
import { Curve } from './curve.ts'
import { type LabelReader, labelReader } from './label-reader.ts'
import type { NamedModel } from './model-catalogue.ts'
import { RowVectors } from './row-vectors.ts'
import { type TablePlan, tableInputs, tableSchema } from './table-plan.ts'
import { TimeMarks } from './time-marks.ts'

/** Records decoded before the models see them. */
const BLOCK = 256
/**
 * Bytes decoded at first before the decoder asks for more; then twice as many each time. What happens between two pieces
 * is thus seen early: a compiler that had never seen it would throw its code away then, and compile again.
 */
const FIRST_PIECE = 2 << 10
/** Rejected rows that are kept as examples. */
const EXAMPLES = 5

export interface EvaluationOptions {
  readonly models: readonly NamedModel[]
  readonly maxClasses: number
  readonly csv?: CsvOptions
  /** Milliseconds of any clock, to tell how long reading and each model take. */
  readonly clock: () => number
}

export interface RejectedRow extends Rejection {
  /** Count of rows before it, the header not counted. */
  readonly row: number
}

export class Evaluation {
  readonly plan: TablePlan
  records = 0
  rejected = 0
  /** The first rows that were rejected. */
  readonly examples: RejectedRow[] = []
  readonly contenders: readonly Contender[]
  /** Where in time the records are, if the plan has a column of times. */
  readonly times = new TimeMarks()
  /** How repeating the last label did; of numbers, how guessing the mean did. */
  readonly guess = new Curve()
  /** Milliseconds of reading and encoding, for all models together. */
  readMs = 0
  readonly #clock: () => number
  readonly #decoder: CsvDecoder<undefined>
  readonly #task: ModelTask
  /** What the baselines know: the header of the task. */
  readonly #known: Float64Array
  readonly #labelReader: LabelReader
  readonly #block: readonly FeatureVector[]
  readonly #labels = new Float64Array(BLOCK)
  readonly #typical = new Float64Array(BLOCK)
  readonly #last = new Float64Array(BLOCK)
  #filled = 0
  #piece = FIRST_PIECE
  #rows: RowVectors | undefined

  constructor(plan: TablePlan, { models, maxClasses, csv = {}, clock }: EvaluationOptions) {
    this.plan = plan
    this.#clock = clock
    const encoder = new FeatureEncoder(tableInputs(plan))
    this.#task = createTask({ task: plan.task, maxClasses })
    const labels = labelReader(plan, this.#task)
    this.#labelReader = labels
    this.#known = new Float64Array(this.#task.header)
    this.#task.init(this.#known, 0)
    this.contenders = models.map((model) => new Contender(model, encoder, this.#task, BLOCK))
    this.#block = Array.from({ length: BLOCK }, () => encoder.vector())
    const delimiter = (csv.delimiter ?? ',').charCodeAt(0)
    const schema = tableSchema(plan) as RecordSchema<undefined>
    this.#decoder = new CsvDecoder<undefined>(schema, csv, undefined, (columns, nulls) => {
      this.#rows = new RowVectors(
        { plan, encoder, labels, delimiter, width: () => this.#decoder.width },
        columns,
        nulls,
      )
      this.#rows.x = this.#block[0]
      return this.#rows
    })
  }

  /** Labels that were neither of the two that the plan knows. */
  get strangers(): number {
    return this.#labelReader.strangers ?? 0
  }

  /** @throws ML_SCHEMA when the header lacks a column */
  push(chunk: Uint8Array): void {
    let at = 0
    for (; chunk.length - at > this.#piece; this.#piece *= 2) {
      this.#decoder.push(chunk.subarray(at, at + this.#piece))
      this.#drain()
      at += this.#piece
    }
    this.#decoder.push(chunk.subarray(at))
    this.#drain()
  }

  end(): void {
    this.#decoder.end()
    this.#drain()
    this.#play(this.#filled)
  }

  #drain(): void {
    for (;;) {
      const startedAt = this.#clock()
      const full = this.#fill()
      this.readMs += this.#clock() - startedAt
      if (!full) return
      if (this.plan.time !== null) this.times.add(this.records + BLOCK, (this.#rows as RowVectors).timeText())
      this.#play(BLOCK)
    }
  }

  /** Decodes until the block is full; false when more bytes are needed. */
  #fill(): boolean {
    const decoder = this.#decoder
    const block = this.#block
    while (this.#filled < BLOCK) {
      if (this.#rows !== undefined) this.#rows.x = block[this.#filled]
      if (!decoder.next()) return false
      if (decoder.rejected) this.#reject()
      else this.#labels[this.#filled++] = (this.#rows as RowVectors).label
    }
    return true
  }

  #reject(): void {
    this.rejected++
    if (this.examples.length >= EXAMPLES) return
    this.examples.push({ ...this.#decoder.rejection, row: this.#decoder.row })
  }

  /** Every model goes through the block, beside what the baselines knew at each record of it. */
  #play(count: number): void {
    this.#guess(count)
    for (const contender of this.contenders) {
      const startedAt = this.#clock()
      contender.play(this.#block, this.#labels, this.#typical, this.#last, count)
      contender.ms += this.#clock() - startedAt
    }
    this.records += count
    this.#filled = 0
  }

  /** Apart from `#play`, which is not worth compiling. */
  #guess(count: number): void {
    const numbers = this.plan.task === 'regression'
    const known = this.#known
    const labels = this.#labels
    for (let i = 0; i < count; i++) {
      this.#typical[i] = this.#task.typical(known, 0)
      this.#last[i] = this.#task.last(known, 0)
      this.#task.count(known, 0, labels[i], 1)
      this.guess.add(numbers ? Math.abs((this.#typical[i] || 0) - labels[i]) : this.#last[i] === labels[i] ? 1 : 0)
    }
  }
}
