import { MillraceError } from '../../errors.ts'
import type { FeatureSpec } from '../../features/feature-spec.ts'
import { nearestName } from '../../formats/nearest-name.ts'

/** What is believed of the weights before any record: independent normal distributions. */
export interface PriorOptions {
  /** Of every weight and of the intercept, 1 / variance; 1e-12 to 1e12. Default: 1e-3 for bayesLinear, 1e-2 for bayesLogistic. */
  readonly precision?: number
  /** Other precisions, by the name of a numeric input or `intercept`. */
  readonly precisions?: { readonly [name: string]: number }
  /** Means other than 0, by the name of a numeric input or `intercept`; up to 1e15. */
  readonly means?: { readonly [name: string]: number }
}

/** A prior as a plan holds it. */
export type PriorSpec = Required<PriorOptions>

export const INTERCEPT_NAME = 'intercept'

/** @throws ML_RANGE for a number out of range; ML_SCHEMA for a name that is no numeric input */
export function priorSpec(options: PriorOptions, inputs: FeatureSpec<never>, where: string): PriorSpec {
  const { precision = 1e-2, precisions = {}, means = {} } = options
  checkPrecision('prior.precision', precision, where)
  const names = [INTERCEPT_NAME, ...inputs.numeric.map(({ name }) => name)]
  for (const name of [...Object.keys(precisions), ...Object.keys(means)]) {
    if (names.includes(name)) continue
    const near = nearestName(name, names)
    throw new MillraceError('ML_SCHEMA', {
      what: `a prior is given for "${name}", which is no numeric input`,
      where,
      remedy: `${near === undefined ? '' : `Did you mean "${near}"? `}Possible are: ${names.join(', ')}`,
    })
  }
  for (const [name, value] of Object.entries(precisions)) checkPrecision(`prior.precisions.${name}`, value, where)
  for (const [name, value] of Object.entries(means)) {
    if (!(value >= -1e15 && value <= 1e15)) {
      throw new MillraceError('ML_RANGE', { what: `prior.means.${name} must be -1e15 to 1e15`, got: value, where })
    }
  }
  return { precision, precisions, means }
}

function checkPrecision(option: string, got: number, where: string): void {
  if (got >= 1e-12 && got <= 1e12) return
  throw new MillraceError('ML_RANGE', { what: `${option} must be 1e-12 to 1e12`, got, where })
}

/** A prior by coordinate: 0 is the intercept, slot s is coordinate s + 1. Categories have the common precision. */
export class Prior {
  /** Coordinates that exist from the start: the intercept and the numeric inputs. */
  readonly coordinates: number
  /** The least of all precisions. */
  readonly least: number
  /** Of categories. */
  readonly common: number
  readonly #precisions: Float64Array
  readonly #means: Float64Array

  constructor({ precision, precisions, means }: PriorSpec, inputs: FeatureSpec) {
    const names = [INTERCEPT_NAME, ...inputs.numeric.map(({ name }) => name)]
    this.coordinates = names.length
    this.common = precision
    this.#precisions = Float64Array.from(names, (name) => ownOr(precisions, name, precision))
    this.least = this.#precisions.reduce((least, each) => Math.min(least, each), precision)
    this.#means = Float64Array.from(names, (name) => ownOr(means, name, 0))
  }

  precision(coordinate: number): number {
    return coordinate < this.coordinates ? this.#precisions[coordinate] : this.common
  }

  mean(coordinate: number): number {
    return coordinate < this.coordinates ? this.#means[coordinate] : 0
  }
}

function ownOr(values: { readonly [name: string]: number }, name: string, otherwise: number): number {
  return Object.hasOwn(values, name) ? values[name] : otherwise
}
