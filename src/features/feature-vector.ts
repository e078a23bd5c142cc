import type { SlotMap } from './slot-map.ts'

/**
 * The inputs of one record, encoded and not standardised. Made once and filled again for every record.
 *
 * A numeric input that is missing (a null) has its `missing` flag set and 0 in `dense`; learners leave it out. Each slot
 * is active at most once; its value is 1 for a category, and any number for what counts or weighs, as words of a text.
 */
export class FeatureVector {
  /** Numeric inputs, by slot. */
  readonly dense: Float64Array
  /** 1 where the numeric input is missing. */
  readonly missing: Uint8Array
  missingCount = 0
  /** Active categorical slots, in the order of their features; valid up to `activeCount`. */
  readonly active: Int32Array
  /** The values of the active slots, in the same order. */
  readonly values: Float64Array
  activeCount = 0

  /** @param dense where the numeric inputs lie, for vectors side by side in one array */
  constructor(dense: number | Float64Array, maxActive: number) {
    this.dense = typeof dense === 'number' ? new Float64Array(dense) : dense
    this.missing = new Uint8Array(this.dense.length)
    this.active = new Int32Array(maxActive)
    this.values = new Float64Array(maxActive).fill(1)
  }

  /** All numeric inputs 0 and present, nothing active. */
  clear(): void {
    this.dense.fill(0)
    this.missing.fill(0)
    this.missingCount = 0
    this.activeCount = 0
  }

  /** Sets a numeric input; NaN stands for missing. */
  setDense(slot: number, value: number): void {
    const absent = value === value ? 0 : 1
    this.missingCount += absent - this.missing[slot]
    this.missing[slot] = absent
    this.dense[slot] = absent === 1 ? 0 : value
  }

  /** The numeric input, NaN when missing: the form in which a row of doubles keeps it. */
  denseOrMissing(slot: number): number {
    return this.missing[slot] === 1 ? NaN : this.dense[slot]
  }

  activate(slot: number, value = 1): void {
    this.values[this.activeCount] = value
    this.active[this.activeCount++] = slot
  }

  copyFrom(other: FeatureVector): void {
    this.dense.set(other.dense)
    this.missing.set(other.missing)
    this.missingCount = other.missingCount
    this.active.set(other.active)
    this.values.set(other.values)
    this.activeCount = other.activeCount
  }

  /** Becomes what `old`, encoded before the features were edited, is under the new ones: new numeric inputs are missing. */
  moveFrom(old: FeatureVector, { dense, slots }: SlotMap): void {
    this.dense.fill(0)
    this.missing.fill(1)
    this.missingCount = this.missing.length
    for (let slot = 0; slot < dense; slot++) if (slots[slot] >= 0) this.setDense(slots[slot], old.denseOrMissing(slot))
    this.activeCount = 0
    for (let i = 0; i < old.activeCount; i++) {
      const slot = slots[old.active[i]]
      if (slot >= 0) this.activate(slot, old.values[i])
    }
  }
}
