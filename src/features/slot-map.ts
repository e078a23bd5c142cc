/**
 * Where each slot went when a snapshot was restored into an edited list of features.
 * Learners move their weights by it, waiting inputs their slots.
 */
export interface SlotMap {
  /** Numeric inputs that the snapshot had; their slots were 0 .. dense - 1. */
  readonly dense: number
  /** Old slot → new slot, -1 when its feature is gone. Dense slots map to dense ones, others to others. */
  readonly slots: Int32Array
  /** Nothing moved and nothing was added: old state fits as it is. */
  readonly identity: boolean
}
