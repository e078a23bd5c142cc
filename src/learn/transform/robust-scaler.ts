import { isCorruptP2, P2_DOUBLES, quantileP2, updateP2 } from '../../stats/p2-quantile.ts'
import { type Scale, Scaler, scaledShape } from './scaler.ts'
import { bounded, isCount, type TransformerKind } from './transformer.ts'

export interface RobustScalerSpec {
  readonly kind: 'robustScaler'
}

/**
 * Each numeric input less its median so far, over the distance of its quartiles so far; 0 while they are one.
 *
 * Input     numeric inputs; a missing one stays missing
 * Cost      about 240 ns an input to test and train; 25 doubles an input
 * Order     sensitive: the quantiles are estimates by P², which no bound holds on adversarial streams
 * Merge     none
 * Snapshot  v1, an input: count; then lower quartile, median, upper quartile, see p2-quantile.ts
 * @see River 0.26.1 `preprocessing.RobustScaler`, whose numbers these are
 */
export function robustScaler(): RobustScalerSpec {
  return { kind: 'robustScaler' }
}

const COUNT = 0
const LOWER = 1
const MEDIAN = LOWER + P2_DOUBLES
const UPPER = MEDIAN + P2_DOUBLES
const DOUBLES = UPPER + P2_DOUBLES

const scale: Scale = {
  doubles: DOUBLES,

  scale(page, at, dense, j, out) {
    out[j] = 0
    const count = page[at + COUNT]
    if (count === 0) return
    const range = quantileP2(page, at + UPPER, count, 0.75) - quantileP2(page, at + LOWER, count, 0.25)
    if (range > 0) out[j] = bounded((dense[j] - quantileP2(page, at + MEDIAN, count, 0.5)) / range)
  },

  learn(page, at, dense, j) {
    const value = dense[j]
    const count = page[at + COUNT]++
    updateP2(page, at + LOWER, count, 0.25, value)
    updateP2(page, at + MEDIAN, count, 0.5, value)
    updateP2(page, at + UPPER, count, 0.75, value)
  },

  flaw(page, at) {
    const count = page[at + COUNT]
    if (!isCount(count)) return 'the count of an input is no count'
    const corrupt = [LOWER, MEDIAN, UPPER].some((quantile) => isCorruptP2(page, at + quantile, count))
    return corrupt ? 'the markers of a quantile are out of order' : undefined
  },
}

export const robustScalerKind: TransformerKind<RobustScalerSpec> = {
  shape: (_options, inputs) => scaledShape('robustScaler', DOUBLES, inputs),
  create: (_options, { inputs }) => new Scaler(scale, inputs.length),
}
