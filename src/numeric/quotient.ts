/**
 * (high + low) / (divisor + divisorLow), rounded all but correctly. Each low is smaller than its high; sums lie between
 * 2^-100 and 2^100 in size.
 *
 * There is no fused multiply-add here. So the reciprocal's leading part has 24 bits (fround), and products of 24-bit
 * numbers are exact: what they leave over corrects it.
 */
export function quotientOfSums(high: number, low: number, divisor: number, divisorLow: number): number {
  const head = Math.fround(divisor + divisorLow)
  const reciprocal = Math.fround(1 / head)
  const left = 1 - reciprocal * head - reciprocal * (divisor - head + divisorLow)
  const correction = reciprocal * (left + left * left)
  const numerator = Math.fround(high + low)
  const rest = high - numerator + low
  return numerator * reciprocal + (rest * reciprocal + (numerator + rest) * correction)
}
