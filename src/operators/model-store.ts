/**
 * Where a model operator keeps its models: one that grows with its features, or one of fixed size for each key.
 *
 * A row begins with what the baselines know (weight of true and of all labels, the last label), then the learner's state.
 */

import type { ByteReader } from '../bytes/reader.ts'
import { MillraceError } from '../errors.ts'
import type { FeatureEncoder } from '../features/feature-encoder.ts'
import type { FeatureVector } from '../features/feature-vector.ts'
import type { SlotMap } from '../features/slot-map.ts'
import { createBinaryLearner } from '../learn/create-learner.ts'
import type { BinaryLearner, BinarySpec, LearnerOptions } from '../learn/learner.ts'
import type { EncodedKey } from '../state/key.ts'
import type { ModelDescription } from './describe.ts'
import type { OperatorCapture } from './operator.ts'

export interface ModelStoreOptions {
  readonly model: BinarySpec
  /** A model per key. */
  readonly keyed: boolean
  readonly maxKeys: number
}

/** Columns before the learner's state. */
export const POSITIVE = 0
export const ALL = 1
export const LAST = 2
export const LEARNER = 3

/** A model store with its rows somewhere; `open` puts the key's row at `page[offset...]`. */
export interface ModelStore {
  readonly encoder: FeatureEncoder
  /** Makes the model of the key current. Nothing is created by it. */
  open(key: EncodedKey): void
  /** Labels the current model has learned. */
  readonly step: number
  /** Probability of true by the labels learned, by the rule of succession; 0.5 before any. */
  readonly prior: number
  /** The last label learned, -1 before any. */
  readonly last: number
  predict(x: FeatureVector): number
  /** @throws ML_LEARN, ML_STATE_LIMIT; the model is as before then */
  learn(x: FeatureVector, label: 0 | 1, weight: number): void
  /** Predicts, then learns; the same bits as the two calls. */
  testThenTrain(x: FeatureVector, label: 0 | 1, weight: number): number
  readonly large?: boolean
  /** See `Operator.warm`; a single model needs none. */
  warm?(keys: readonly EncodedKey[], count: number): void
  describe(): Omit<ModelDescription, 'type' | 'learner' | 'pending' | 'steps'>
  capture(): OperatorCapture
  /** Restores a key group; tells where slots went when the features were edited. */
  restoreGroup(group: number, reader: ByteReader): SlotMap | undefined
}

/** Counts a learned label for the baselines. */
export function countLabel(page: Float64Array, offset: number, label: 0 | 1, weight: number): void {
  page[offset + POSITIVE] += label * weight
  page[offset + ALL] += weight
  page[offset + LAST] = label
}

export function priorOf(page: Float64Array, offset: number): number {
  return (page[offset + POSITIVE] + 1) / (page[offset + ALL] + 2)
}

export function lastOf(page: Float64Array, offset: number): number {
  return page[offset + ALL] === 0 ? -1 : page[offset + LAST]
}

/** Refuses stored models that the learner as declared now would read as something else. */
export function checkLayout(stored: string, now: string, where: string): void {
  if (stored === now) return
  throw new MillraceError('ML_OTHER_PLAN', {
    what: `the stored model was made by another learner: ${stored} stored, ${now} now`,
    where,
    remedy: 'Keep learner and optimizer, give the model a new name, or start anew with --fresh',
  })
}

/** The learner of a spec. Models that own their memory have no store yet; no learner of this release makes them. */
export function fixedLearner(spec: BinarySpec, options?: LearnerOptions): BinaryLearner {
  const learner = createBinaryLearner(spec, options)
  if (learner.storage === 'fixed') return learner
  throw new MillraceError('ML_PLAN', {
    what: `this release stores models of fixed size only; "${spec.kind}" grows`,
    remedy: 'Choose logistic(...)',
  })
}
