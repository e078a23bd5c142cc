/** Counters; `predictions = labelled + expired + waiting`, `labels = learned + duplicate + conflicting + unmatched + refused + early`. */
export const modelCounters = [
  'in',
  'processed',
  'rejected',
  'predictions',
  'labelled',
  'expired',
  'waiting',
  'labels',
  'learned',
  'duplicate',
  'conflicting',
  'unmatched',
  'refused',
  'early',
] as const
export const [IN, PROCESSED, , PREDICTIONS, LABELLED_COUNT, EXPIRED, WAITING_COUNT, LABELS, LEARNED] =
  modelCounters.keys()
export const [DUPLICATE, CONFLICTING, UNMATCHED, REFUSED, EARLY_COUNT] = [9, 10, 11, 12, 13]
