import type { MarginOptions, MarginSpec } from './margin-learner.ts'
import { type MarginPlaces, type MarginRecord, type MarginRule, move } from './margin-rule.ts'

export interface PerceptronOptions<T> extends MarginOptions<T> {
  /** True by default. */
  readonly intercept?: boolean
}

export interface PerceptronSpec<T = never> extends MarginSpec<T, 'binary'> {
  readonly kind: 'perceptron'
}

/**
 * The perceptron: adds the inputs of a record that it has wrong to the weights, or subtracts them. A score of 0 is wrong.
 * It never settles on data that no plane divides; what it says is of the last mistakes, which is what makes it good at labels
 * that follow each other (electricity: 0.91077).
 *
 * Input     as `logistic`; the probability is 1/(1 + e^−score), a monotone reading of the score that is not calibrated
 * Weight    multiplies the step: a record of weight 2 is added twice
 * Cost      one double an input, 3 more if standardised
 * Order     sensitive; same records give identical bits
 * Snapshot  v1: the model's doubles, see weight-rows.ts
 * @see Rosenblatt 1958; River 0.26.1 `linear_model.Perceptron`
 */
export function perceptron<T>(options: PerceptronOptions<T>): PerceptronSpec<T> {
  const { inputs, standardise = true, intercept = true } = options
  return { kind: 'perceptron', task: 'binary', inputs: inputs.spec, standardise, intercept }
}

/** Finite: a step is 1e6 at most, the largest weight of a record. */
export class Perceptron implements MarginRule {
  readonly name = 'perceptron'
  readonly header = []

  learn(page: Float64Array, offset: number, places: MarginPlaces, record: MarginRecord): void {
    const { score, y, weight } = record
    if (y * score <= 0) move(page, offset, places, record, y * weight)
  }
}
