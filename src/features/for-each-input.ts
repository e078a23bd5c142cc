import type { FeatureVector } from './feature-vector.ts'

/**
 * Calls `look` for every input that the record has: numeric ones that are not missing, then the active slots, in order. A
 * category has the value 1. Slots are those of the whole model, so the same input has the same slot in every record.
 *
 * @example
 * forEachInput(x, (slot, value) => { row[at(slot)] += value })
 */
export function forEachInput(x: FeatureVector, look: (slot: number, value: number) => void): void {
  const { dense, missing, missingCount, active, values, activeCount } = x
  const count = dense.length
  if (missingCount === 0) for (let j = 0; j < count; j++) look(j, dense[j])
  else for (let j = 0; j < count; j++) if (missing[j] === 0) look(j, dense[j])
  for (let i = 0; i < activeCount; i++) look(active[i], values[i])
}
