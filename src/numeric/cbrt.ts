/**
 * The cube root with the same bits on every engine, error below 0.667 ulp.
 *
 * After FreeBSD s_cbrt.c, itself after fdlibm, optimized by Bruce D. Evans:
 * Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunPro, a Sun Microsystems, Inc.
 * business. Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice
 * is preserved.
 */
const view = new DataView(new ArrayBuffer(8))

export function cbrt(x: number): number {
  if (x === 0 || x !== x || Math.abs(x) === Infinity) return x
  const rough = firstGuess(x)
  // A polynomial in r = t³ / x improves the guess to 23 bits, where 1 / cbrt(r) ≈ P(r).
  const r = rough * rough * (rough / x)
  const better =
    rough *
    (1.87595182427177009643 +
      r * (-1.88497979543377169875 + r * 1.62142972010535446614) +
      r * r * r * (-0.758397934778766047437 + r * 0.145996192886612446982))
  const t = roundTo23Bits(better)
  // One step of Newton, in an order that keeps the error below 0.667 ulp.
  const quotient = x / (t * t)
  return t + t * ((quotient - t) / (t + t + quotient))
}

/** Dividing the exponent by three is a third of the logarithm: right to 5 bits. */
function firstGuess(x: number): number {
  view.setFloat64(0, x)
  const sign = view.getUint32(0) & 0x80000000
  const exponent = view.getUint32(0) & 0x7fffffff
  let guess = Math.floor(exponent / 3) + 715094163
  if (exponent < 0x00100000) {
    // Subnormal: scaled by 2^54 first, which is 18 in the exponent of the root.
    view.setFloat64(0, x * 18014398509481984)
    guess = Math.floor((view.getUint32(0) & 0x7fffffff) / 3) + 696219795
  }
  view.setUint32(0, sign | guess)
  view.setUint32(4, 0)
  return view.getFloat64(0)
}

/** Rounded away from zero, so that t² is exact and t³ is not less than x. */
function roundTo23Bits(t: number): number {
  view.setFloat64(0, t)
  const low = view.getUint32(4) + 0x80000000
  view.setUint32(0, view.getUint32(0) + Math.floor(low / 4294967296))
  view.setUint32(4, low & 0xc0000000)
  return view.getFloat64(0)
}
