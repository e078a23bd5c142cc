import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import type { FeatureVector } from '../features/feature-vector.ts'
import { checkWeight, type LearnerSpec, type Task } from './learner.ts'
import { ModelRow } from './model-row.ts'
import { type ModelWeights, namedWeights } from './named-weights.ts'
import { SlotNames } from './slot-names.ts'
import { createTask } from './tasks/create-task.ts'
import type { ModelTask } from './tasks/model-task.ts'
import type { LabelOf, PredictionOf } from './tasks/prediction.ts'

/** "MODL" */
const MAGIC = 0x4c444f4d
const VERSION = 1
const WHERE = 'model'

/** Probability of true, or of each class by name. */
export type ProbabilitiesOf<K extends Task> = {
  binary: number
  multiclass: { readonly [name: string]: number }
  regression: never
}[K]

/**
 * One model for a program without a pipeline: records in, predictions out, with River's verbs. The same learner, bits and
 * features as in a pipeline.
 *
 * Input     records of the schema that the inputs were declared from; labels as the task takes them
 * Cost      that of the learner, and of the inputs, see `features`
 * Order     as the learner
 * Snapshot  v1: u32 magic "MODL", u32 version, names of the classes, model row (see ModelRow)
 * @throws ML_FEATURE, ML_LABEL, ML_LEARN for a record that cannot be used; the model predicts as before then
 * @example
 * const Visit = record({ pages: number(), from: string() })
 * const inputs = features(Visit).numeric('pages').categorical('from')
 * const buys = model(logistic({ inputs }))
 * buys.predictOne({ pages: 3, from: 'search' }).probability // 0.5
 * buys.learnMany([{ pages: 9, from: 'letter' }, { pages: 1, from: 'search' }], [true, false])
 * buys.predictOne({ pages: 9, from: 'letter' }).label // true
 * buys.steps // 2
 * const same = model(logistic({ inputs }))
 * same.restore(buys.snapshot())
 */
export class Model<T, K extends Task> {
  readonly #spec: LearnerSpec
  #row: ModelRow
  #task: ModelTask
  readonly #x: FeatureVector
  readonly #out: Float64Array

  constructor(spec: LearnerSpec<T, K>) {
    this.#spec = spec as unknown as LearnerSpec
    this.#row = new ModelRow(this.#spec)
    this.#task = createTask(this.#spec)
    this.#x = this.#row.encoder.vector()
    this.#out = new Float64Array(this.#row.learner.outputs)
  }

  /** Records learned. */
  get steps(): number {
    return this.#row.steps
  }

  /** The model has reached what its spec says to stop at. */
  get stopped(): boolean {
    const { learner, row } = this.#row
    return learner.stopped?.(row, 0) ?? false
  }

  /** Changes nothing. */
  predictOne(record: T): PredictionOf<K> {
    const { encoder, learner, row } = this.#row
    encoder.encode(record, this.#x, false)
    learner.predictOne(row, 0, this.#x, this.#out)
    return this.#task.prediction(this.#out) as PredictionOf<K>
  }

  /** Of true, or of every class known so far by name. @throws ML_PLAN for a model of numbers */
  predictProbaOne(record: T): ProbabilitiesOf<K> {
    const { task } = this.#row.learner
    if (task === 'regression')
      throw new MillraceError('ML_PLAN', { what: 'a regression has no probabilities', where: WHERE })
    const prediction = this.predictOne(record)
    if (task === 'binary') return (prediction as PredictionOf<'binary'>).probability as ProbabilitiesOf<K>
    return (prediction as PredictionOf<'multiclass'>).probabilities as ProbabilitiesOf<K>
  }

  /** @param weight how much the record counts, 1e-9 to 1e6 */
  learnOne(record: T, label: LabelOf<K>, weight = 1): void {
    const code = this.#prepare(record, label, weight)
    const { learner, row } = this.#row
    learner.learnOne(row, 0, this.#x, code, weight)
    this.#task.keep(code)
  }

  /** The prediction of `predictOne`, then `learnOne`, in less time than both. */
  testThenTrain(record: T, label: LabelOf<K>, weight = 1): PredictionOf<K> {
    const code = this.#prepare(record, label, weight)
    const { learner, row } = this.#row
    learner.testThenTrain(row, 0, this.#x, code, weight, this.#out)
    const prediction = this.#task.prediction(this.#out) as PredictionOf<K>
    this.#task.keep(code)
    return prediction
  }

  /**
   * `learnOne` for each record in order, to the bit. Where one cannot be used the records before it have been learned;
   * `steps` says how many.
   * @throws ML_RANGE when there are not as many labels, or weights, as records; nothing has been learned then
   */
  learnMany(records: readonly T[], labels: readonly LabelOf<K>[], weights?: readonly number[]): void {
    for (const [what, list] of Object.entries({ labels, weights })) {
      if (list === undefined || list.length === records.length) continue
      throw new MillraceError('ML_RANGE', {
        what: `there must be as many ${what} as records, ${records.length}`,
        got: list.length,
        where: WHERE,
      })
    }
    for (let i = 0; i < records.length; i++) this.learnOne(records[i], labels[i], weights?.[i])
  }

  /** By feature name; of several classes a set for each. Empty for a learner that has nothing of the kind. */
  weights(): ModelWeights {
    const { learner, row, encoder } = this.#row
    return namedWeights(
      new SlotNames(encoder, learner),
      learner.weights?.(row, 0, encoder.slots) ?? [],
      this.#task.classes,
    )
  }

  snapshot(): Uint8Array {
    const writer = new ByteWriter()
    writer.u32(MAGIC)
    writer.u32(VERSION)
    this.#task.snapshot(writer)
    this.#row.snapshot(writer)
    return writer.finish()
  }

  /**
   * Becomes the model of a snapshot: of the same learner, over the same inputs or an edited list of them. When it throws
   * the model is as before.
   * @throws ML_CORRUPT, ML_VERSION, ML_OTHER_PLAN
   */
  restore(bytes: Uint8Array): void {
    const reader = new ByteReader(bytes, WHERE)
    if (reader.u32() !== MAGIC) reader.fail('these are not the bytes of a model')
    const version = reader.u32()
    if (version !== VERSION) {
      throw new MillraceError('ML_VERSION', {
        what: `the bytes of a model have version ${version}, expected ${VERSION}`,
        where: WHERE,
        remedy: 'Restore with the version of Millrace that wrote it, or a later one',
      })
    }
    const task = createTask(this.#spec)
    const row = new ModelRow(this.#spec)
    task.restore(reader, WHERE)
    row.restore(reader)
    if (reader.remaining > 0) reader.fail('there are bytes after the model', reader.remaining)
    this.#task = task
    this.#row = row
  }

  /** Encodes the record and makes room for it; returns the label as the learner takes it. */
  #prepare(record: T, label: LabelOf<K>, weight: number): number {
    checkWeight(weight)
    const code = this.#task.code(label, WHERE)
    this.#row.encoder.encode(record, this.#x, true)
    this.#row.fit()
    return code
  }
}

/** A model of its own. See `Model`. */
export function model<T, K extends Task>(spec: LearnerSpec<T, K>): Model<T, K> {
  return new Model(spec)
}
