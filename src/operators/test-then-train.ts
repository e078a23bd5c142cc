/**
 * Learning from records that carry their labels: each tests the model of its key, and then trains it.
 *
 * Rows that come where they lie are all read, then all learned, then all judged: engines make quicker code of loops that do
 * one thing each.
 */
import type { FeatureVector } from '../features/feature-vector.ts'
import { MOST_ROWS } from '../formats/row-cursor.ts'
import { checkWeight } from '../learn/learner.ts'
import type { ModelTask } from '../learn/tasks/model-task.ts'
import type { Ledger } from './ledger.ts'
import { IN, LABELS, LEARNED, PROCESSED } from './model-counters.ts'
import { JUDGED, MODELS, OUTCOMES, RECORDS } from './model-outputs.ts'
import { LAST, type ModelStore, STEP, TYPICAL } from './model-store.ts'
import type { ModelUpdates } from './model-updates.ts'
import type { OperatorContext, RowBlock } from './operator.ts'
import { outcomeOf } from './outcome.ts'

export interface TestThenTrainParts {
  readonly context: OperatorContext
  readonly models: ModelStore
  readonly task: ModelTask
  readonly updates: ModelUpdates
  readonly ledger: Ledger
  /** For errors. */
  readonly where: string
  readonly label: (value: unknown) => unknown
  readonly weight: ((value: unknown) => unknown) | undefined
}

export class TestThenTrain {
  readonly #parts: TestThenTrainParts
  /** What was known before the record under way. */
  readonly #known = new Float64Array(3)
  // Of a record the first, of rows each its own.
  readonly #vectors: FeatureVector[] = []
  readonly #outs: Float64Array[] = []
  readonly #codes = new Float64Array(MOST_ROWS)
  readonly #weights = new Float64Array(MOST_ROWS)
  readonly #typical = new Float64Array(MOST_ROWS)
  readonly #last = new Float64Array(MOST_ROWS)
  /** What quality needs of a row that was learned. */
  readonly #judged = (i: number): unknown =>
    this.#parts.task.judged(this.#outs[i], this.#typical[i], this.#last[i], this.#codes[i], this.#weights[i])

  constructor(parts: TestThenTrainParts) {
    this.#parts = parts
    this.#room(1)
  }

  /** @throws what rejects the record; the model is as before then */
  record(value: unknown): void {
    const { context, models, task, label, where } = this.#parts
    const [vector] = this.#vectors
    const [out] = this.#outs
    const weight = weightOf(this.#parts.weight, value)
    const code = task.code(label(value), where)
    models.encoder.encode(value, vector, true)
    task.keep(code)
    this.#train(vector, code, weight, out)
    if (context.connected(RECORDS)) {
      const model = { uid: context.uid, step: this.#known[STEP] }
      context.emit(RECORDS, { input: value, prediction: task.prediction(out), model, label: task.label(code) })
    }
    const [typical, last] = [this.#known[TYPICAL], this.#known[LAST]]
    if (context.connected(JUDGED)) context.emit(JUDGED, task.judged(out, typical, last, code, weight))
    this.#tell(code, weight, out)
  }

  /** As `Operator.receiveRows`. */
  rows(rows: RowBlock, from: number, to: number): number {
    this.#room(to)
    // A class that a row brings is known to what is judged from then on.
    const together = this.#parts.task.classes === undefined ? MOST_ROWS : 1
    for (let at = from; at < to; at += together) {
      const until = Math.min(to, at + together)
      const read = this.#read(rows, at, until)
      const learned = this.#learn(rows, at, read)
      this.#parts.context.emitRows(JUDGED, rows, at, learned, this.#judged)
      if (learned < until) return learned
    }
    return to
  }

  /** Labels, weights and inputs of the rows; returns the first that cannot be read. */
  #read(rows: RowBlock, from: number, to: number): number {
    const { models, task, label, weight, where } = this.#parts
    const { encoder } = models
    const { row } = rows
    const vectors = this.#vectors
    const codes = this.#codes
    const weights = this.#weights
    let i = from
    try {
      for (; i < to; i++) {
        rows.enter(i)
        row.at(i)
        weights[i] = weightOf(weight, row.record)
        codes[i] = task.code(label(row.record), where)
        encoder.encodeRow(row, vectors[i], true)
        task.keep(codes[i])
      }
    } catch {}
    return i
  }

  /** Trains on what was read; returns the first row that cannot be learned. */
  #learn(rows: RowBlock, from: number, to: number): number {
    const { context, ledger } = this.#parts
    const telling = context.connected(OUTCOMES) || context.connected(MODELS)
    const vectors = this.#vectors
    const outs = this.#outs
    const codes = this.#codes
    const weights = this.#weights
    const typical = this.#typical
    const last = this.#last
    const known = this.#known
    for (let i = from; i < to; i++) {
      rows.enter(i)
      try {
        this.#train(vectors[i], codes[i], weights[i], outs[i])
      } catch {
        return i
      }
      typical[i] = known[TYPICAL]
      last[i] = known[LAST]
      ledger.add(IN, context.key.group)
      if (telling) this.#tellRow(rows, i)
    }
    return to
  }

  #train(x: FeatureVector, code: number, weight: number, out: Float64Array): void {
    const { context, models, ledger } = this.#parts
    const { key } = context
    models.testThenTrain(key, x, code, weight, out, this.#known)
    ledger.add(PROCESSED, key.group)
    ledger.add(LABELS, key.group)
    ledger.add(LEARNED, key.group)
  }

  #tellRow(rows: RowBlock, i: number): void {
    try {
      this.#tell(this.#codes[i], this.#weights[i], this.#outs[i])
    } catch (error) {
      rows.row.at(i)
      this.#parts.context.reject(rows.row.toRecord(), error)
    }
  }

  /** What became of the record, and the model where its time has come. */
  #tell(code: number, weight: number, out: Float64Array): void {
    const { context, task, updates } = this.#parts
    const step = this.#known[STEP]
    if (context.connected(OUTCOMES)) {
      const { time } = context.current
      const predicted = { time, step, typical: this.#known[TYPICAL], last: this.#known[LAST] }
      context.emit(OUTCOMES, outcomeOf(context.uid, task, null, out, predicted, { code, weight, at: time }))
    }
    updates.learned(step)
  }

  #room(count: number): void {
    const { encoder, outputs } = this.#parts.models
    while (this.#vectors.length < count) {
      this.#vectors.push(encoder.vector())
      this.#outs.push(new Float64Array(outputs))
    }
  }
}

/** @throws ML_LABEL when the function gives what cannot weigh */
export function weightOf(weight: ((value: unknown) => unknown) | undefined, value: unknown): number {
  if (weight === undefined) return 1
  const given = weight(value)
  checkWeight(given as number)
  return given as number
}
