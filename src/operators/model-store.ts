/**
 * Where a model operator keeps its models: one that grows with its features, or one of fixed size for each key.
 *
 * A row begins with what the baselines know (the header of its task), then the learner's state.
 */

import type { ByteReader } from '../bytes/reader.ts'
import type { FeatureEncoder } from '../features/feature-encoder.ts'
import type { FeatureVector } from '../features/feature-vector.ts'
import type { SlotMap } from '../features/slot-map.ts'
import type { CreateLearner } from '../learn/create-learner.ts'
import type { Learner, LearnerSpec, SlotWeights } from '../learn/learner.ts'
import type { LearningRows, RowKernel } from '../learn/learning-rows.ts'
import type { SlotNames } from '../learn/slot-names.ts'
import type { ModelTask } from '../learn/tasks/model-task.ts'
import type { KernelMemory } from '../numeric/kernel-memory.ts'
import type { EncodedKey } from '../state/key.ts'
import type { KeyBlock } from '../state/key-block.ts'
import type { OperatorCapture } from './operator.ts'

export interface ModelStoreOptions {
  readonly model: LearnerSpec
  /** A model per key. */
  readonly keyed: boolean
  readonly maxKeys: number
}

export interface ModelStoreParts {
  readonly task: ModelTask
  /** How the learner is made, where it is not one of this library. */
  readonly create: CreateLearner | undefined
}

/**
 * Returns the first row that is refused, or `to`.
 *
 * @param keys of the rows; absent where these have none
 * @param rows vectors, labels and weights, which get all the rest
 */
export type TestThenTrainRows = (keys: KeyBlock | undefined, rows: LearningRows, from: number, to: number) => number

/** Of what was known before a record: where each stands in an array. */
export const [STEP, TYPICAL, LAST] = [0, 1, 2] as const

/** A model store with its rows somewhere; `open` makes the row of a key current. */
export interface ModelStore {
  readonly encoder: FeatureEncoder
  /** Doubles of a prediction. */
  readonly outputs: number
  /** What the slots of `weights` are called. */
  readonly slotNames: SlotNames
  /** Makes the model of the key current. Nothing is created by it. */
  open(key: EncodedKey): void
  /** Labels the current model has learned. */
  readonly step: number
  /** What the baselines know at the current model, see `ModelTask`. */
  readonly typical: number
  readonly last: number
  predict(x: FeatureVector, out: Float64Array): void
  /** @throws ML_LEARN, ML_LABEL, ML_STATE_LIMIT; the model is as before then */
  learn(x: FeatureVector, label: number, weight: number): void
  /**
   * Opens the model of the key, predicts, then learns: the same bits as the three calls.
   *
   * @param known gets `step`, `typical` and `last` as they were before
   */
  testThenTrain(
    key: EncodedKey,
    x: FeatureVector,
    label: number,
    weight: number,
    out: Float64Array,
    known: Float64Array,
  ): void
  /** As `testThenTrain` of each row, by `Learner.testThenTrainRows`; absent where the learner has none. */
  readonly testThenTrainRows?: TestThenTrainRows | undefined
  /** Where models lie, if they lie in the memory of kernels. */
  readonly memory?: KernelMemory | undefined
  /** By which it tests and trains rows that are located, if it has one. */
  readonly kernel?: RowKernel | undefined
  /** What the current model has learned of its inputs. */
  weights(): readonly SlotWeights[] | undefined
  /** The one model there is has reached what its spec says to stop at. */
  readonly stopped?: boolean
  readonly large?: boolean
  /** See `Operator.warm`; a single model needs none. */
  warm?(keys: readonly EncodedKey[], count: number): void
  /** Models held. */
  readonly models: number
  readonly sizeBytes: number
  capture(): OperatorCapture
  /** Restores a key group; tells where slots went when the features were edited. */
  restoreGroup(group: number, reader: ByteReader): SlotMap | undefined
}

/** What `ModelStore.testThenTrain` does to a row once it is found: the header of its task at `offset`, the learner's state behind. */
export function testThenTrainRow(
  task: ModelTask,
  learner: Learner,
  page: Float64Array,
  offset: number,
  x: FeatureVector,
  label: number,
  weight: number,
  out: Float64Array,
  known: Float64Array,
): void {
  const model = offset + task.header
  known[STEP] = learner.steps(page, model)
  known[TYPICAL] = task.typical(page, offset)
  known[LAST] = task.last(page, offset)
  learner.testThenTrain(page, model, x, label, weight, out)
  task.count(page, offset, label, weight)
}

/** The same of rows whose pages and offsets are those of the learner's state. Returns the first row that is refused, or `to`. */
export function testThenTrainPlaced(
  task: ModelTask,
  learner: Learner,
  rows: LearningRows,
  from: number,
  to: number,
  kernel?: RowKernel,
): number {
  const learned =
    kernel !== undefined && rows.located
      ? kernel(rows, from, to)
      : (learner.testThenTrainRows?.(rows, from, to) ?? from)
  const { pages, offsets, labels, weights, typical, last } = rows
  const { header } = task
  for (let i = from; i < learned; i++) {
    const page = pages[i]
    const offset = offsets[i] - header
    typical[i] = task.typical(page, offset)
    last[i] = task.last(page, offset)
    task.count(page, offset, labels[i], weights[i])
  }
  return learned
}
