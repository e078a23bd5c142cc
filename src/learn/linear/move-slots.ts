import type { SlotMap } from '../../features/slot-map.ts'
import { SCALER_DOUBLES } from './standardiser.ts'

/** A row of one weight a slot: header; numeric inputs part by part, then their scalers; then slot by slot all parts. */
export interface SlotRows {
  readonly header: number
  /** Numeric inputs now. */
  readonly dense: number
  /** Doubles of a slot: its weight, and what goes with it. */
  readonly stride: number
  readonly standardise: boolean
}

/** Writes header and slots of a model of edited features into a row that holds new ones. */
export function moveSlots(
  { header, dense, stride, standardise }: SlotRows,
  from: Float64Array,
  fromOffset: number,
  { dense: oldDense, slots }: SlotMap,
  to: Float64Array,
  toOffset: number,
): void {
  const scalerDoubles = standardise ? SCALER_DOUBLES : 0
  const [oldScaler, scaler] = [header + stride * oldDense, header + stride * dense]
  // Slots are numbered with the numeric inputs before them.
  const [oldSparse, sparse] = [header + scalerDoubles * oldDense, header + scalerDoubles * dense]
  for (let i = 0; i < header; i++) to[toOffset + i] = from[fromOffset + i]
  for (let slot = 0; slot < slots.length; slot++) {
    const next = slots[slot]
    if (next < 0) continue
    for (let part = 0; part < stride; part++) {
      const source = slot < oldDense ? header + oldDense * part + slot : oldSparse + stride * slot + part
      const target = slot < oldDense ? header + dense * part + next : sparse + stride * next + part
      to[toOffset + target] = from[fromOffset + source]
    }
    for (let part = 0; slot < oldDense && part < scalerDoubles; part++) {
      to[toOffset + scaler + scalerDoubles * next + part] = from[fromOffset + oldScaler + scalerDoubles * slot + part]
    }
  }
}
