import { type Scale, Scaler, scaledShape } from './scaler.ts'
import { bounded, isCount, type TransformerKind } from './transformer.ts'

export interface StandardScalerSpec {
  readonly kind: 'standardScaler'
}

/**
 * Each numeric input less its mean so far, over its standard deviation so far; 0 while all values were equal.
 *
 * `logistic` and its like do this by themselves unless told `standardise: false`: do not do it twice. It is for what comes
 * between, as `compose(inputs, standardScaler(), interactions())`.
 *
 * Input     numeric inputs; a missing one stays missing
 * Cost      about 40 ns an input to test and train; three doubles an input
 * Order     mean and deviation do not depend on it but for rounding; what the learner saw of each record does
 * Merge     exact, by counts
 * Snapshot  v1, an input: count, mean, variance
 * @see Welford 1962; River 0.26.1 `preprocessing.StandardScaler`, whose arithmetic this is
 */
export function standardScaler(): StandardScalerSpec {
  return { kind: 'standardScaler' }
}

const COUNT = 0
const MEAN = 1
const VARIANCE = 2
const DOUBLES = 3

const scale: Scale = {
  doubles: DOUBLES,

  scale(page, at, dense, j, out) {
    const variance = page[at + VARIANCE]
    out[j] = variance > 0 ? bounded((dense[j] - page[at + MEAN]) / Math.sqrt(variance)) : 0
  },

  learn(page, at, dense, j) {
    const value = dense[j]
    const count = page[at + COUNT] + 1
    const before = page[at + MEAN]
    const mean = before + (value - before) / count
    page[at + COUNT] = count
    page[at + MEAN] = mean
    page[at + VARIANCE] += ((value - before) * (value - mean) - page[at + VARIANCE]) / count
  },

  flaw(page, at) {
    if (!isCount(page[at + COUNT])) return 'the count of an input is no count'
    return page[at + VARIANCE] < 0 ? 'a variance is negative' : undefined
  },

  merge(page, at, other, otherAt) {
    const [ours, theirs] = [page[at + COUNT], other[otherAt + COUNT]]
    if (theirs === 0) return
    const all = ours + theirs
    const apart = other[otherAt + MEAN] - page[at + MEAN]
    const share = theirs / all
    page[at + COUNT] = all
    page[at + MEAN] += apart * share
    page[at + VARIANCE] +=
      share * (other[otherAt + VARIANCE] - page[at + VARIANCE]) + apart * apart * share * (ours / all)
  },
}

export const standardScalerKind: TransformerKind<StandardScalerSpec> = {
  shape: (_options, inputs) => scaledShape('standardScaler', DOUBLES, inputs),
  create: (_options, { inputs }) => new Scaler(scale, inputs.length),
}
