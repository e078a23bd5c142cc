/** The doubles of a model that one record may change where its learner writes what is present only. */
import type { FeatureVector } from '../../features/feature-vector.ts'
import type { ModelView } from './model-view.ts'

/** Copies the header, the doubles of all numeric inputs, which follow it, and those of the active slots. */
export function copyPresent(from: Float64Array, to: Float64Array, view: ModelView, x: FeatureVector): void {
  const { perSlot } = view
  const end = view.at(x.dense.length)
  for (let i = 0; i < end; i++) to[i] = from[i]
  for (let i = 0; i < x.activeCount; i++) {
    const at = view.at(x.active[i])
    for (let k = at; k < at + perSlot; k++) to[k] = from[k]
  }
}

export function presentFinite(view: ModelView, x: FeatureVector): boolean {
  const { row, perSlot } = view
  if (!allFinite(row, view.at(x.dense.length))) return false
  for (let i = 0; i < x.activeCount; i++) {
    const at = view.at(x.active[i])
    for (let k = at; k < at + perSlot; k++) if (row[k] - row[k] !== 0) return false
  }
  return true
}

/** A product with 0 is 0, or NaN where a number is not finite; in four sums, because one would wait for each addition. */
export function allFinite(row: Float64Array, end: number): boolean {
  const rounds = end - 3
  let [s0, s1, s2, s3] = [0, 0, 0, 0]
  let i = 0
  for (; i < rounds; i += 4) {
    s0 += row[i] * 0
    s1 += row[i + 1] * 0
    s2 += row[i + 2] * 0
    s3 += row[i + 3] * 0
  }
  for (; i < end; i++) s0 += row[i] * 0
  return s0 + s1 + s2 + s3 === 0
}
