/** When a model has learned enough: options as users give them, and as a plan holds them. */
import { MillraceError } from '../errors.ts'

/** Whichever comes first. Afterwards the model is frozen: records are only tested. */
export interface StopOptions {
  /** After so many records. */
  readonly after?: number
  /**
   * The mean loss of one stretch of `over` records differs from that of the stretch before by `tolerance` at most. The
   * loss is that of each prediction before its record is learned: −ln of the probability of the label, or the squared error.
   */
  readonly loss?: Stretch
  /** No weight, nor the intercept, differs from what it was `over` records ago by more than `tolerance`. */
  readonly weights?: Stretch
}

export interface Stretch {
  readonly tolerance: number
  /** Records. */
  readonly over: number
}

export type StopSpec = StopOptions

/** @throws ML_RANGE */
export function stopSpec(options: StopOptions, where: string): StopSpec {
  const { after, loss, weights } = options
  if (after === undefined && loss === undefined && weights === undefined)
    fail('stop must have after, loss or weights', options, where)
  if (after !== undefined) count('stop.after', after, where)
  for (const [name, stretch] of Object.entries({ loss, weights })) {
    if (stretch === undefined) continue
    const { tolerance, over } = stretch
    if (!(tolerance >= 0 && tolerance < Infinity)) fail(`stop.${name}.tolerance must be >= 0`, tolerance, where)
    count(`stop.${name}.over`, over, where)
  }
  return {
    ...(after === undefined ? {} : { after }),
    ...(loss === undefined ? {} : { loss: { tolerance: loss.tolerance, over: loss.over } }),
    ...(weights === undefined ? {} : { weights: { tolerance: weights.tolerance, over: weights.over } }),
  }
}

function count(option: string, value: number, where: string): void {
  if (!Number.isSafeInteger(value) || value < 1) fail(`${option} must be a whole number >= 1`, value, where)
}

function fail(what: string, got: unknown, where: string): never {
  throw new MillraceError('ML_RANGE', { what, got, where })
}
