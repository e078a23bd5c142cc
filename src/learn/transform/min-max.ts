import { type Scale, Scaler, scaledShape } from './scaler.ts'
import { bounded, isCount, type TransformerKind } from './transformer.ts'

export interface MinMaxSpec {
  readonly kind: 'minMax'
}

/**
 * Each numeric input from 0 to 1, by the least and greatest value so far; 0 while all values were equal. A record that
 * is only predicted may lie outside.
 *
 * Input     numeric inputs; a missing one stays missing
 * Cost      about 40 ns an input to test and train; three doubles an input
 * Breaks    by one outlier for ever: use `robustScaler` where there are some
 * Merge     exact
 * Snapshot  v1, an input: count, least, greatest
 * @see River 0.26.1 `preprocessing.MinMaxScaler`, whose numbers these are
 */
export function minMax(): MinMaxSpec {
  return { kind: 'minMax' }
}

const COUNT = 0
const LEAST = 1
const GREATEST = 2
const DOUBLES = 3

const scale: Scale = {
  doubles: DOUBLES,

  scale(page, at, dense, j, out) {
    const range = page[at + GREATEST] - page[at + LEAST]
    out[j] = range > 0 ? bounded((dense[j] - page[at + LEAST]) / range) : 0
  },

  learn(page, at, dense, j) {
    const value = dense[j]
    const first = page[at + COUNT] === 0
    page[at + COUNT]++
    if (first || value < page[at + LEAST]) page[at + LEAST] = value
    if (first || value > page[at + GREATEST]) page[at + GREATEST] = value
  },

  flaw(page, at) {
    if (!isCount(page[at + COUNT])) return 'the count of an input is no count'
    return page[at + LEAST] <= page[at + GREATEST] ? undefined : 'the least value is above the greatest'
  },

  merge(page, at, other, otherAt) {
    const theirs = other[otherAt + COUNT]
    if (theirs === 0) return
    const first = page[at + COUNT] === 0
    page[at + COUNT] += theirs
    if (first || other[otherAt + LEAST] < page[at + LEAST]) page[at + LEAST] = other[otherAt + LEAST]
    if (first || other[otherAt + GREATEST] > page[at + GREATEST]) page[at + GREATEST] = other[otherAt + GREATEST]
  },
}

export const minMaxKind: TransformerKind<MinMaxSpec> = {
  shape: (_options, inputs) => scaledShape('minMax', DOUBLES, inputs),
  create: (_options, { inputs }) => new Scaler(scale, inputs.length),
}
