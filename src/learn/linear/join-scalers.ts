/**
 * Mean and deviation at `at` become those of both streams; `share` is that of the other's records in all.
 * @see Chan, Golub, LeVeque 1983
 */
export function joinScalers(page: Float64Array, at: number, other: Float64Array, otherAt: number, share: number): void {
  const apart = other[otherAt] - page[at]
  const deviation = page[at + 1]
  const otherDeviation = other[otherAt + 1]
  const within = (1 - share) * (deviation * deviation) + share * (otherDeviation * otherDeviation)
  page[at] += share * apart
  page[at + 1] = Math.sqrt(within + share * (1 - share) * (apart * apart))
}
