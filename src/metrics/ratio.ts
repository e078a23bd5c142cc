/** Ratios of sums, as reports give them: null, which JSON keeps, where there is nothing to divide by. */

export function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

export function ratio(part: number, whole: number): number | null {
  return orNull(part / whole)
}

/** The share that is not wrong, never below zero by rounding. */
export function rightShare(wrong: number, weight: number): number | null {
  return orNull(Math.max(weight - wrong, 0) / weight)
}
