/** What predictions and labels of each task look like outside of learners. */
import type { Task } from '../learner.ts'

export interface BinaryPrediction {
  /** The more probable class: `probability > 0.5`. */
  readonly label: boolean
  /** Probability of `true`, in [0, 1]. */
  readonly probability: number
  /** Credible interval of the probability, from learners that know one. */
  readonly interval?: readonly [low: number, high: number]
}

export interface MulticlassPrediction {
  /** The most probable class; null while no class is known. */
  readonly label: string | null
  /** Its probability. */
  readonly probability: number
  /** Of every class known so far. */
  readonly probabilities: { readonly [name: string]: number }
}

export interface RegressionPrediction {
  readonly value: number
  /** Of the label about the value, from learners that know it. */
  readonly variance?: number
  /** Where the label lies with the learner's `interval` probability. */
  readonly interval?: readonly [low: number, high: number]
}

/** The prediction of a task. */
export type PredictionOf<K extends Task> = {
  binary: BinaryPrediction
  multiclass: MulticlassPrediction
  regression: RegressionPrediction
}[K]

/** A label as outputs show it. */
export type ShownLabel<K extends Task> = { binary: boolean; multiclass: string; regression: number }[K]

/** A label as a user's function may give it. */
export type LabelOf<K extends Task> = {
  binary: boolean | 0 | 1
  multiclass: string | number | boolean
  regression: number
}[K]

/** What a guess without a model knew when a prediction was made. */
export type BaselineOf<K extends Task> = {
  binary: { readonly prior: number; readonly last: boolean | null }
  multiclass: { readonly majority: string | null; readonly last: string | null }
  regression: { readonly mean: number | null; readonly last: number | null }
}[K]
