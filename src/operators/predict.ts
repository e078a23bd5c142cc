/**
 * Predict and learn: a model of the stream, or one for each key, and the predictions that wait for their labels.
 *
 * With the label in the record (`learn`), a record tests the model and then trains it. With labels that come later
 * (`predict` with `learnFrom`), the encoded inputs are kept, as they were at prediction, under the join key; the label
 * trains the model with them, once, whenever it comes. Labels may come first and wait; a second one is a duplicate or a
 * conflict; a prediction that no label reached expires by event time. All of it is state of the model's key.
 *
 * Time: an entry leaves with its timer, at the time of the prediction (or early label) plus the label timeout.
 */
import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import type { FeatureVector } from '../features/feature-vector.ts'
import type { CreateLearner } from '../learn/create-learner.ts'
import { createTask } from '../learn/tasks/create-task.ts'
import type { ModelTask } from '../learn/tasks/model-task.ts'
import { type EncodedKey, type Key, KeyEncoder, keyOf } from '../state/key.ts'
import type { ModelDescription } from './describe.ts'
import { describeWeights } from './describe-model.ts'
import { GlobalModel } from './global-model.ts'
import { KeyedModels } from './keyed-models.ts'
import { conflict, stillPending, unmatched } from './labels.ts'
import { Ledger } from './ledger.ts'
import {
  CONFLICTING,
  DUPLICATE,
  EARLY_COUNT,
  EXPIRED,
  IN,
  LABELLED_COUNT,
  LABELS,
  LEARNED,
  modelCounters,
  PREDICTIONS,
  PROCESSED,
  REFUSED,
  UNMATCHED,
  WAITING_COUNT,
} from './model-counters.ts'
import { EXPIRIES, JUDGED, MODELS, OUTCOMES, RECORDS } from './model-outputs.ts'
import type { ModelStore, ModelStoreOptions } from './model-store.ts'
import { type ModelUpdateSettings, ModelUpdates } from './model-updates.ts'
import type { Operator, OperatorCapture, OperatorContext, RowBlock } from './operator.ts'
import { expiryOf, outcomeOf } from './outcome.ts'
import { EARLY, type PendingRow, PendingStore, WAITING } from './pending-store.ts'
import { TestThenTrain, weightOf } from './test-then-train.ts'
import { writePart } from './write-part.ts'

export interface PredictSettings extends ModelStoreOptions, ModelUpdateSettings {
  /** Set by `learnFrom`. */
  readonly labels: { readonly timeoutMs: number; readonly onConflict: 'reject' | 'ignore' } | null
  /** Predictions and early labels held at most. */
  readonly maxPending: number
}

export interface PredictFunctions {
  readonly joinKey?: (record: unknown) => unknown
  readonly labelKey?: (label: unknown) => unknown
  readonly label?: (value: unknown) => unknown
  readonly weight?: (value: unknown) => unknown
  /** Makes a learner that is not of this library. */
  readonly learner?: CreateLearner
}

/** Tag of the timers that end an entry; '~': they follow from the entries, so no snapshot holds them. */
const EXPIRY = '~'

export class PredictOperator implements Operator {
  readonly ledger: Ledger
  readonly models: ModelStore
  readonly #context: OperatorContext
  readonly #settings: PredictSettings
  readonly #functions: PredictFunctions
  readonly #task: ModelTask
  readonly #where: string
  readonly #vector: FeatureVector
  /** The prediction at hand. */
  readonly #out: Float64Array
  readonly #pending: PendingStore | undefined
  readonly #joinKeys: KeyEncoder
  readonly #updates: ModelUpdates
  /** Where records carry their labels. */
  readonly #learning: TestThenTrain | undefined

  constructor(context: OperatorContext, settings: PredictSettings, functions: PredictFunctions) {
    this.#context = context
    this.#settings = settings
    this.#functions = functions
    this.#where = `model "${context.uid}"`
    this.#task = createTask(settings.model)
    const parts = { task: this.#task, create: functions.learner }
    this.models = settings.keyed ? new KeyedModels(context, settings, parts) : new GlobalModel(context, settings, parts)
    this.#updates = new ModelUpdates(context, MODELS, settings, this.models, this.#task)
    this.#vector = this.models.encoder.vector()
    this.#out = new Float64Array(this.models.outputs)
    this.#joinKeys = new KeyEncoder(context.keyGroups)
    this.ledger = new Ledger(modelCounters, context.keyGroups)
    const { label, weight } = functions
    if (settings.labels === null) {
      const { models, ledger } = this
      const shared = { context, models, ledger, task: this.#task, updates: this.#updates, where: this.#where }
      if (label !== undefined) this.#learning = new TestThenTrain({ ...shared, label, weight })
    } else {
      const { keyGroups } = context
      const { outputs } = this.models
      const { dense, active, valued } = this.models.encoder
      const { maxPending: maxKeys } = settings
      this.#pending = new PendingStore({ dense, active, valued, outputs, keyGroups, maxKeys, where: this.#where })
    }
  }

  receive(input: number, value: unknown): void {
    const { group } = this.#context.key
    if (input > 0) {
      this.ledger.add(LABELS, group)
      this.#label(value)
      return
    }
    this.ledger.add(IN, group)
    try {
      if (this.#pending !== undefined) this.#predictAndKeep(value, this.#pending)
      else if (this.#learning !== undefined) this.#learning.record(value)
      else this.#predictOnly(value)
    } catch (error) {
      this.#context.reject(value, error)
    }
  }

  takesRows(): boolean {
    return this.#learning !== undefined && !this.#context.connected(RECORDS)
  }

  receiveRows(_input: number, rows: RowBlock, from: number, to: number): number {
    return this.#learning?.rows(rows, from, to) ?? from
  }

  /** An entry's time is up, or that of a model to go out. */
  onEventTimer(time: number, tag: string): void {
    if (!tag.startsWith(EXPIRY)) {
      this.#updates.due()
      return
    }
    const pending = this.#pending as PendingStore
    const { group } = this.#context.key
    const joinKey = this.#joinKeys.encode(pending.keyOf(tag.slice(EXPIRY.length)))
    joinKey.group = group
    const row = pending.find(joinKey)
    // The entry may have gone, or its key been used anew with a later end.
    if (row === undefined || row.expiresAt !== time) return
    if (row.status === WAITING) pending.loadPrediction(this.#out)
    pending.remove(joinKey)
    if (row.status === WAITING) {
      this.ledger.add(EXPIRED, group)
      this.ledger.addBy(WAITING_COUNT, group, -1)
      if (!this.#context.connected(EXPIRIES)) return
      const { uid } = this.#context
      this.#context.emit(EXPIRIES, expiryOf(uid, this.#task, keyOf(joinKey), this.#out, row, time))
    } else if (row.status === EARLY) {
      this.ledger.add(UNMATCHED, group)
      this.ledger.addBy(EARLY_COUNT, group, -1)
      this.#context.deadLetter(
        { key: keyOf(joinKey), label: this.#task.label(row.label), at: row.time },
        unmatched(this.#where),
      )
    }
  }

  describe(): ModelDescription {
    const { model } = this.#settings
    const { models, sizeBytes, slotNames, encoder } = this.models
    const { overflowed } = encoder
    const weights = this.#settings.keyed ? undefined : this.models.weights()
    return {
      type: 'model',
      learner: model.kind,
      steps: this.ledger.total(LEARNED),
      models,
      sizeBytes,
      ...describeWeights(slotNames, weights, this.#task.classes),
      ...(this.models.stopped ? { stopped: true } : {}),
      ...(overflowed === 0 ? {} : { overflowed }),
      pending: this.#pending?.size ?? 0,
    }
  }

  get keys(): number | undefined {
    return this.#settings.keyed ? this.models.models : undefined
  }

  get large(): boolean {
    return this.models.large === true
  }

  warm(keys: readonly EncodedKey[], count: number): void {
    this.models.warm?.(keys, count)
  }

  end(): void {
    this.#updates.end()
  }

  capture(): OperatorCapture {
    const models = this.models.capture()
    const pending = this.#pending?.capture()
    return {
      writeGroup: (group: number, writer: ByteWriter) => {
        // One part may be empty where the other is not: each says first whether it is there.
        const start = writer.length
        const present =
          writePart(models, group, writer) | (pending === undefined ? 0 : writePart(pending, group, writer))
        if (present === 0) writer.truncate(start)
      },
      release: () => {
        models.release()
        pending?.release()
      },
    }
  }

  restoreGroup(group: number, reader: ByteReader): void {
    if (reader.remaining === 0) return
    const slots = reader.u8() === 0 ? undefined : this.models.restoreGroup(group, reader)
    if (reader.remaining === 0 || reader.u8() === 0 || this.#pending === undefined) return
    this.#pending.restoreGroup(group, reader, slots, (joinKey, expiresAt) => {
      this.#context.setEventTimer(expiresAt, EXPIRY + joinKey)
    })
  }

  #predictOnly(value: unknown): void {
    const { models } = this
    models.encoder.encode(value, this.#vector, false)
    models.open(this.#context.key)
    models.predict(this.#vector, this.#out)
    this.#emitScored(value)
    this.ledger.add(PROCESSED, this.#context.key.group)
  }

  #predictAndKeep(value: unknown, pending: PendingStore): void {
    const { models } = this
    const { group } = this.#context.key
    const { timeoutMs } = this.#settings.labels as { timeoutMs: number }
    const time = this.#context.current.time
    const joinKey = this.#joinKeys.encode(this.#functions.joinKey?.(value) as Key)
    joinKey.group = group
    const early = pending.find(joinKey)
    if (early !== undefined && early.status !== EARLY) throw stillPending(keyOf(joinKey), this.#context.uid)
    // Before the encoder sees it: a record that is rejected leaves no category behind.
    if (early === undefined) pending.expectRoom()
    models.encoder.encode(value, this.#vector, true)
    models.open(this.#context.key)
    models.predict(this.#vector, this.#out)
    const expiresAt = time + timeoutMs
    const row: PendingRow = {
      status: WAITING,
      time,
      expiresAt,
      step: models.step,
      typical: models.typical,
      last: models.last,
      label: 0,
      weight: 1,
    }
    pending.put(joinKey, row, this.#out, this.#vector)
    this.#context.setEventTimer(expiresAt, EXPIRY + pending.textOf(joinKey))
    this.ledger.add(PROCESSED, group)
    this.ledger.add(PREDICTIONS, group)
    this.ledger.add(WAITING_COUNT, group)
    this.#emitScored(value)
    if (early === undefined) return
    // Its label had come first.
    this.ledger.addBy(EARLY_COUNT, group, -1)
    const label = this.#task.label(early.label)
    this.#learn(row, early.label, early.weight, { key: keyOf(joinKey), label })
  }

  #label(value: unknown): void {
    const pending = this.#pending as PendingStore
    const { group } = this.#context.key
    let label: number
    let weight: number
    let row: PendingRow | undefined
    try {
      weight = weightOf(this.#functions.weight, value)
      const joinKey = this.#joinKeys.encode(this.#functions.labelKey?.(value) as Key)
      joinKey.group = group
      label = this.#task.code(this.#functions.label?.(value), this.#where)
      row = pending.find(joinKey)
      if (row === undefined) {
        this.#keepEarly(pending, label, weight)
        return
      }
    } catch (error) {
      this.ledger.add(REFUSED, group)
      this.#context.deadLetter(value, error)
      return
    }
    if (row.status === WAITING) {
      this.#task.keep(label)
      pending.load(this.#vector)
      pending.loadPrediction(this.#out)
      this.models.open(this.#context.key)
      this.#learn(row, label, weight, value)
    } else if (row.label === label) this.ledger.add(DUPLICATE, group)
    else {
      this.ledger.add(CONFLICTING, group)
      if (this.#settings.labels?.onConflict !== 'reject') return
      const { uid } = this.#context
      this.#context.deadLetter(value, conflict(this.#task.label(row.label), this.#task.label(label), uid))
    }
  }

  /** Trains on a waiting row: the one that `pending` found or put last, inputs and prediction loaded, its model open. */
  #learn(row: PendingRow, label: number, weight: number, cause: unknown): void {
    const pending = this.#pending as PendingStore
    const { key, uid, current } = this.#context
    const before = this.models.step
    try {
      this.models.learn(this.#vector, label, weight)
    } catch (error) {
      this.ledger.add(REFUSED, key.group)
      this.#context.deadLetter(cause, error)
      return
    }
    pending.markLabelled(label)
    this.ledger.add(LABELLED_COUNT, key.group)
    this.ledger.addBy(WAITING_COUNT, key.group, -1)
    this.ledger.add(LEARNED, key.group)
    if (this.#context.connected(JUDGED)) {
      this.#context.emit(JUDGED, this.#task.judged(this.#out, row.typical, row.last, label, weight))
    }
    if (this.#context.connected(OUTCOMES)) {
      const joinKey = keyOf(pending.current)
      const learnt = { code: label, weight, at: current.time }
      this.#context.emit(OUTCOMES, outcomeOf(uid, this.#task, joinKey, this.#out, row, learnt))
    }
    this.#updates.learned(before)
  }

  #keepEarly(pending: PendingStore, label: number, weight: number): void {
    const { timeoutMs } = this.#settings.labels as { timeoutMs: number }
    const time = this.#context.current.time
    const expiresAt = time + timeoutMs
    this.#task.keep(label)
    pending.put(pending.current, { status: EARLY, time, expiresAt, step: 0, typical: NaN, last: NaN, label, weight })
    this.#context.setEventTimer(expiresAt, EXPIRY + pending.textOf(pending.current))
    this.ledger.add(EARLY_COUNT, this.#context.key.group)
  }

  #emitScored(value: unknown): void {
    if (!this.#context.connected(RECORDS)) return
    const model = { uid: this.#context.uid, step: this.models.step }
    this.#context.emit(RECORDS, { input: value, prediction: this.#task.prediction(this.#out), model })
  }
}
