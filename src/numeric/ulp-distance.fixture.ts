const doubles = new Float64Array(1)
const bits = new BigInt64Array(doubles.buffer)

/** How many doubles lie from a to b; 0 for equal values, signed zeros and NaNs. For tests of accuracy. */
export function ulpDistance(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0
  return Number(ordinal(a) - ordinal(b)) < 0 ? Number(ordinal(b) - ordinal(a)) : Number(ordinal(a) - ordinal(b))
}

/** Counts doubles from zero, so that neighbours differ by one across all signs and exponents. */
function ordinal(x: number): bigint {
  doubles[0] = x
  return bits[0] < 0n ? -(bits[0] & 0x7fffffffffffffffn) : bits[0]
}
