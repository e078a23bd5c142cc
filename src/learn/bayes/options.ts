/** What the Bayesian learners have in common: options, their checks, and the posterior they ask for. */
import { MillraceError } from '../../errors.ts'
import { type FeatureSpec, reservedSlots } from '../../features/feature-spec.ts'
import { Chain } from '../transform/chain.ts'
import { DiagonalPosterior } from './diagonal-posterior.ts'
import { FullPosterior } from './full-posterior.ts'
import type { Posterior } from './posterior.ts'
import { Prior, type PriorOptions, type PriorSpec, priorSpec } from './prior.ts'

export interface BayesOptions<T> {
  /** What the model sees: `features(schema)...`. */
  readonly inputs: { readonly spec: FeatureSpec<T> }
  /** What is believed before any record; weights about 0, with a precision of 1e-3 (bayesLinear) or 1e-2 by default. */
  readonly prior?: PriorOptions
  /** `full` by default, for up to 512 slots; `diagonal` for more, where weights are taken to be independent. */
  readonly covariance?: Covariance
  /** What is left of a record's weight after the next one, 0.5 to 1; 1 by default. 0.999 remembers about 1,000 records. */
  readonly forgetting?: number
  /** Probability of the credible intervals, 0.01 to 0.9999; 0.9 by default. */
  readonly interval?: number
}

export type Covariance = 'full' | 'diagonal'

/** The common options as a plan holds them. */
export interface BayesSpecParts {
  readonly prior: PriorSpec
  readonly covariance: Covariance
  readonly forgetting: number
  readonly interval: number
}

/** A full model of so many slots takes 1 MB and about 0.3 ms a record. */
const MAX_FULL_SLOTS = 512

/** @param precision the prior's by default. @throws ML_RANGE, ML_SCHEMA */
export function bayesParts<T>(options: BayesOptions<T>, precision: number, where: string): BayesSpecParts {
  const { prior = {}, covariance = 'full', forgetting = 1, interval = 0.9 } = options
  const inputs = seenOf(options.inputs.spec as FeatureSpec)
  refuse('covariance', covariance, covariance === 'full' || covariance === 'diagonal', "'full' or 'diagonal'", where)
  refuse('forgetting', forgetting, forgetting >= 0.5 && forgetting <= 1, '0.5 to 1', where)
  refuse('interval', interval, interval >= 0.01 && interval <= 0.9999, '0.01 to 0.9999', where)
  const slots = mostSlots(inputs)
  if (covariance === 'full' && slots > MAX_FULL_SLOTS) {
    throw new MillraceError('ML_RANGE', {
      what: `a full covariance takes inputs of ${MAX_FULL_SLOTS} slots at most`,
      got: slots,
      where,
      remedy:
        "Choose covariance: 'diagonal', or bound the categories: categorical(name, { max: 50 }) or { hashBits: 6 }",
    })
  }
  return { prior: priorSpec({ precision, ...prior }, inputs, where), covariance, forgetting, interval }
}

/** The inputs can have no more slots than a full covariance takes. */
export function fitsFullCovariance(inputs: FeatureSpec): boolean {
  return mostSlots(seenOf(inputs)) <= MAX_FULL_SLOTS
}

export function posteriorOf(
  { prior, covariance, forgetting }: BayesSpecParts,
  inputs: FeatureSpec,
  where: string,
): Posterior {
  const beliefs = new Prior(prior, inputs)
  return covariance === 'full'
    ? new FullPosterior(beliefs, inputs, forgetting, where)
    : new DiagonalPosterior(beliefs, inputs, forgetting, where)
}

/** @throws ML_RANGE unless `right` */
export function refuse(option: string, got: unknown, right: boolean, range: string, where: string): void {
  if (!right) throw new MillraceError('ML_RANGE', { what: `${option} must be ${range}`, got, where })
}

/** Inputs as the learner sees them, behind their transformers. */
function seenOf(inputs: FeatureSpec): FeatureSpec {
  return (inputs.transformers?.length ?? 0) > 0 ? new Chain(inputs).learned : inputs
}

/** Slots that inputs may come to have; a dictionary has one more for what came when it was full. */
function mostSlots({ numeric, categorical }: FeatureSpec): number {
  let slots = numeric.length
  for (const input of categorical) {
    slots += input.storage.by === 'dictionary' ? input.storage.max + 1 : reservedSlots(input)
  }
  return slots
}
