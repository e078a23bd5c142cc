/** 2^k for k from -1074, the least subnormal, to 1023; at k + 1074. */
const powers = new Float64Array(2098)
for (let i = 0, power = 5e-324; i < powers.length; i++, power *= 2) powers[i] = power

const view = new DataView(new ArrayBuffer(8))

/** 2^k, exact, for -1074 <= k <= 1023. */
export function twoTo(k: number): number {
  return powers[k + 1074]
}

/** y · 2^k for y between 0.4 and 2 and -1076 <= k <= 1024; rounds once, also where the result is subnormal. */
export function scale(y: number, k: number): number {
  if (k > 1023) return y * 2 * twoTo(k - 1)
  return k < -1074 ? y * 0.25 * twoTo(k + 2) : y * twoTo(k)
}

/** The k for which x · 2^-k lies between the square roots of 1/2 and 2; x is positive and normal. */
export function exponentOf(x: number): number {
  view.setFloat64(0, x, true)
  // 0x3fe6a09e is the high word of the root of 1/2. Adding what it lacks of 1's carries into the exponent from there on.
  return ((view.getInt32(4, true) + (0x3ff00000 - 0x3fe6a09e)) >> 20) - 1023
}
