/**
 * Learning from records that carry their labels: each tests the model of its key, and then trains it.
 *
 * Rows that come where they lie are all read, then all learned, then all judged: engines make quicker code of loops that do
 * one thing each.
 */
import type { FeatureVector } from '../features/feature-vector.ts'
import { MOST_ROWS } from '../formats/row-cursor.ts'
import { checkWeight } from '../learn/learner.ts'
import { LearningRows } from '../learn/learning-rows.ts'
import type { ModelTask } from '../learn/tasks/model-task.ts'
import { NOWHERE } from '../numeric/kernel-memory.ts'
import type { KeyBlock } from '../state/key-block.ts'
import type { Ledger } from './ledger.ts'
import { IN, LABELS, LEARNED, PROCESSED } from './model-counters.ts'
import { JUDGED, MODELS, OUTCOMES, RECORDS } from './model-outputs.ts'
import { LAST, type ModelStore, STEP, TYPICAL } from './model-store.ts'
import type { ModelUpdates } from './model-updates.ts'
import type { OperatorContext, RowBlock, RowValues } from './operator.ts'
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
  readonly #vector: FeatureVector
  readonly #out: Float64Array
  /** Made when rows come. */
  #rows: LearningRows | undefined
  /** Rows of each group that came and were learned. */
  readonly #learned: Float64Array
  /** What quality needs of the rows that were learned. */
  #judged!: RowValues

  constructor(parts: TestThenTrainParts) {
    this.#parts = parts
    this.#vector = parts.models.encoder.vector()
    this.#out = new Float64Array(parts.models.outputs)
    this.#learned = parts.ledger.together([IN, PROCESSED, LABELS, LEARNED])
  }

  /** @throws what rejects the record; the model is as before then */
  record(value: unknown): void {
    const { context, models, task, label, where } = this.#parts
    const vector = this.#vector
    const out = this.#out
    const weight = weightOf(this.#parts.weight, value)
    const code = task.code(label(value), where)
    models.encoder.encode(value, vector, true)
    task.keep(code)
    models.testThenTrain(context.key, vector, code, weight, out, this.#known)
    this.#count(context.key.group)
    if (context.connected(RECORDS)) {
      const model = { uid: context.uid, step: this.#known[STEP] }
      context.emit(RECORDS, { input: value, prediction: task.prediction(out), model, label: task.label(code) })
    }
    const [typical, last] = [this.#known[TYPICAL], this.#known[LAST]]
    if (context.connected(JUDGED)) context.emit(JUDGED, task.judged(out, typical, last, code, weight))
    this.#tell(code, weight, out)
  }

  /** As `Operator.receiveRows`. */
  rows(block: RowBlock, from: number, to: number): number {
    const { models, task, context } = this.#parts
    const rows = this.#rows ?? this.#makeRows()
    const telling = context.connected(OUTCOMES) || context.connected(MODELS)
    const { testThenTrainRows } = models
    // A class that a row brings is known to what is judged from then on.
    const together = task.classes === undefined ? MOST_ROWS : 1
    for (let at = from; at < to; at += together) {
      const until = Math.min(to, at + together)
      const read = this.#read(block, rows, at, until)
      const learned =
        telling || testThenTrainRows === undefined
          ? this.#learnEach(block, rows, at, read)
          : testThenTrainRows(block.keys, rows, at, read)
      this.#countRows(block.keys, at, learned)
      context.emitRows(JUDGED, block, at, learned, this.#judged)
      if (learned < until) return learned
    }
    return to
  }

  #makeRows(): LearningRows {
    const { models, task } = this.#parts
    const rows = new LearningRows(models.encoder, models.outputs, MOST_ROWS, models.memory)
    const { labels, weights, typical, last, outs } = rows
    weights.fill(1)
    this.#rows = rows
    this.#judged = {
      valueAt: (i) => task.judged(outs[i], typical[i], last[i], labels[i], weights[i]),
      columns: task.judgedColumns?.(rows),
    }
    return rows
  }

  /** Labels, weights and inputs of the rows; returns the first that cannot be read. */
  #read(block: RowBlock, rows: LearningRows, from: number, to: number): number {
    const { models, task, label, weight, where } = this.#parts
    const { encoder, memory, kernel } = models
    const { vectors, labels, weights, dense } = rows
    const { row } = block
    rows.located =
      kernel !== undefined &&
      rows.inMemory &&
      rows.bounded &&
      encoder.locateRows(row, memory?.addressOf(row.bytes) ?? NOWHERE, from, to, rows.inputs)
    const encoded = rows.located ? to : encoder.encodeRows(row, from, to, dense)
    const end = encoded ?? to
    let i = from
    try {
      for (; i < end; i++) {
        block.show(i)
        if (weight !== undefined) weights[i] = weightOf(weight, row.record)
        labels[i] = task.code(label(row.record), where)
        if (encoded === undefined) encoder.encodeRow(row, vectors[i], true)
        task.keep(labels[i])
      }
    } catch {}
    return i
  }

  /** Trains on what was read, one by one; returns the first row that cannot be learned. */
  #learnEach(block: RowBlock, rows: LearningRows, from: number, to: number): number {
    const { context, models } = this.#parts
    const known = this.#known
    for (let i = from; i < to; i++) {
      const { vectors, labels, weights, outs, typical, last } = rows
      block.enter(i)
      try {
        models.testThenTrain(context.key, vectors[i], labels[i], weights[i], outs[i], known)
      } catch {
        return i
      }
      typical[i] = known[TYPICAL]
      last[i] = known[LAST]
      this.#tellRow(block, rows, i)
    }
    return to
  }

  #countRows(keys: KeyBlock | undefined, from: number, to: number): void {
    const learned = this.#learned
    if (keys === undefined) learned[this.#parts.context.key.group] += to - from
    else for (let i = from; i < to; i++) learned[keys.groups[i]] += 1
  }

  #count(group: number): void {
    const { ledger } = this.#parts
    ledger.add(PROCESSED, group)
    ledger.add(LABELS, group)
    ledger.add(LEARNED, group)
  }

  #tellRow({ row }: RowBlock, { labels, weights, outs }: LearningRows, i: number): void {
    try {
      this.#tell(labels[i], weights[i], outs[i])
    } catch (error) {
      row.at(i)
      this.#parts.context.reject(row.toRecord(), error)
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
}

/** @throws ML_LABEL when the function gives what cannot weigh */
export function weightOf(weight: ((value: unknown) => unknown) | undefined, value: unknown): number {
  if (weight === undefined) return 1
  const given = weight(value)
  checkWeight(given as number)
  return given as number
}
