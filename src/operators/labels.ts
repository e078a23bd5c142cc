/** Labels as operators take them, and what can be wrong with one. */
import { MillraceError } from '../errors.ts'
import type { Key } from '../state/key.ts'

/** A binary label as 0 or 1. @throws ML_LABEL for anything but true, false, 1 and 0 */
export function binaryLabel(label: unknown, where: string): 0 | 1 {
  if (label === true || label === 1) return 1
  if (label === false || label === 0) return 0
  throw new MillraceError('ML_LABEL', {
    what: 'a binary label must be true or false (or 1 and 0)',
    got: label === undefined ? 'undefined' : label,
    where,
    remedy: 'Compare in the label function: (r) => r.delay > 15',
  })
}

export function stillPending(key: Key, uid: string): MillraceError {
  return new MillraceError('ML_PENDING_KEY', {
    what: 'a prediction with this join key still waits for its label, or had it within the label timeout',
    got: key,
    where: `model "${uid}"`,
    remedy: 'Make the key unique: add a date or a sequence number',
  })
}

export function conflict(before: unknown, now: unknown, uid: string): MillraceError {
  return new MillraceError('ML_CONFLICT', {
    what: `the prediction was already labelled ${before}`,
    got: now,
    where: `model "${uid}"`,
    remedy: "Decide upstream which label is right, or set onConflict: 'ignore'",
  })
}

export function unmatched(where: string): MillraceError {
  return new MillraceError('ML_UNMATCHED_LABEL', {
    what: 'no prediction with this join key came within the label timeout',
    where,
    remedy: 'Compare the key functions, or give a longer labelTimeout',
  })
}
