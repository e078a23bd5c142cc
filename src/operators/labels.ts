/** What can be wrong with a label that came. */
import { MillraceError } from '../errors.ts'
import type { Key } from '../state/key.ts'

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
