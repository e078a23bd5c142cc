/** What an operator shows to the outside: to `inspect`, the page, a program's handle. Plain data. */
import type { AnyQualityReport } from './quality-report.ts'

/** A weight by the name of its input, in standardised units where the learner standardises. */
export interface NamedWeight {
  readonly name: string
  readonly weight: number
  /** Posterior standard deviation, from learners that know it. */
  readonly deviation?: number
}

/** The weights that speak for one class. */
export interface ClassWeights {
  readonly class: string
  readonly intercept: number
  readonly weights: readonly NamedWeight[]
}

export interface ModelDescription {
  readonly type: 'model'
  readonly learner: string
  /** Labels learned; of all keys where there is a model per key. */
  readonly steps: number
  /** Models held: 1, or one for each key. */
  readonly models: number
  readonly sizeBytes: number
  /** Of one model; absent with a model per key. */
  readonly intercept?: number
  readonly weights?: readonly NamedWeight[]
  /** In place of these, of a model that has weights for each class. */
  readonly classes?: readonly ClassWeights[]
  /** The one model has reached what it was to stop at: it learns no more. */
  readonly stopped?: boolean
  /** Records whose category came when its dictionary was full, and shares the slot `<other>`; absent: none. */
  readonly overflowed?: number
  /** Predictions and early labels that wait. */
  readonly pending: number
}

/** A model whose learner is a function of the pipeline: bytes alone do not say what its doubles mean. */
export interface OwnModelDescription {
  readonly type: 'ownModel'
  readonly learner: string
}

export interface QualityDescription {
  readonly type: 'quality'
  readonly model: string
  readonly report: AnyQualityReport
}

export type OperatorDescription = ModelDescription | OwnModelDescription | QualityDescription
