/**
 * √(Σ xᵢ²) without overflow: scaled by the largest value, summed with Kahan's compensation in the order given, the
 * same bits on every engine. Empty is 0; an infinity wins over NaN, as in the language.
 */
export function hypot(values: readonly number[]): number {
  let largest = 0
  let nan = false
  for (const value of values) {
    const size = Math.abs(value)
    if (size === Infinity) return Infinity
    if (size !== size) nan = true
    else if (size > largest) largest = size
  }
  if (nan) return Number.NaN
  if (largest === 0) return 0
  let sum = 0
  let compensation = 0
  for (const value of values) {
    const scaled = value / largest
    const term = scaled * scaled - compensation
    const next = sum + term
    compensation = next - sum - term
    sum = next
  }
  return Math.sqrt(sum) * largest
}
