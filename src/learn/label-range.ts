import { MillraceError } from '../errors.ts'

/** Labels beyond this are refused, as inputs are: their squares and sums must stay numbers. */
export const LARGEST_LABEL = 1e15

/** @throws ML_LABEL unless the label of a regression is usable, and of counts not negative */
export function checkNumber(y: number, counts: boolean, where: string): void {
  if (y <= LARGEST_LABEL && y >= (counts ? 0 : -LARGEST_LABEL)) return
  throw new MillraceError('ML_LABEL', {
    what: counts
      ? `a count must be a number from 0 to ${LARGEST_LABEL}`
      : `the label of a regression must be a number from -${LARGEST_LABEL} to ${LARGEST_LABEL}`,
    got: y,
    where,
    remedy: counts ? 'Take another loss for labels that may be negative: squared(), huber(delta)' : undefined,
  })
}
