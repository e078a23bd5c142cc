/**
 * asin, acos, atan and atan2 with the same bits on every engine. Error below 1 ulp; NaN outside the domain.
 *
 * After fdlibm 5.3 (e_asin.c, e_acos.c, s_atan.c, e_atan2.c):
 * Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunPro, a Sun Microsystems, Inc.
 * business. Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice
 * is preserved.
 */
import { clearLowWord } from './words.ts'

const pi = Math.PI
const piLow = 1.2246467991473531772e-16
const halfPi = 1.570796326794896558
const halfPiLow = 6.12323399573676603587e-17
const quarterPi = 7.85398163397448278999e-1

/** The arc sine of x in [-1, 1], in [-π/2, π/2]. */
export function asin(x: number): number {
  const size = Math.abs(x)
  if (size < 7.450580596923828e-9) return x
  if (size < 0.5) return x + x * ratio(x * x)
  if (size === 1) return x * halfPi + x * halfPiLow
  const half = (1 - size) * 0.5
  const root = Math.sqrt(half)
  const angle =
    size >= 0.9749999046325684 ? halfPi - (2 * (root + root * ratio(half)) - halfPiLow) : midAngle(half, root)
  return x > 0 ? angle : -angle
}

function midAngle(half: number, root: number): number {
  const high = clearLowWord(root)
  const low = (half - high * high) / (root + high)
  const p = 2 * root * ratio(half) - (halfPiLow - 2 * low)
  const q = quarterPi - 2 * high
  return quarterPi - (p - q)
}

/** The arc cosine of x in [-1, 1], in [0, π]. */
export function acos(x: number): number {
  const size = Math.abs(x)
  if (size < 0.5) {
    if (size < 6.938893903907228e-18) return halfPi + halfPiLow
    return halfPi - (x - (halfPiLow - x * ratio(x * x)))
  }
  if (x === 1) return 0
  if (x === -1) return pi + 2 * halfPiLow
  const half = (1 - size) * 0.5
  const root = Math.sqrt(half)
  if (x < 0) return pi - 2 * (root + (ratio(half) * root - halfPiLow))
  const high = clearLowWord(root)
  const low = (half - high * high) / (root + high)
  return 2 * (high + (ratio(half) * root + low))
}

/** (asin(x) - x) / x of t = x², a rational approximation on [0, 0.25]. */
function ratio(t: number): number {
  const p =
    t *
    (1.66666666666666657415e-1 +
      t *
        (-3.25565818622400915405e-1 +
          t *
            (2.01212532134862925881e-1 +
              t * (-4.00555345006794114027e-2 + t * (7.91534994289814532176e-4 + t * 3.4793310759602116757e-5)))))
  const q =
    1 +
    t *
      (-2.40339491173441421878 +
        t * (2.02094576023350569471 + t * (-6.8828397160545329303e-1 + t * 7.70381505559019352791e-2)))
  return p / q
}

// atan of 0.5, 1, 1.5 and ∞, high and low parts.
const high = [4.63647609000806093515e-1, 7.85398163397448278999e-1, 9.82793723247329054082e-1, halfPi]
const low = [2.26987774529616870924e-17, 3.06161699786838301793e-17, 1.39033110312309984516e-17, halfPiLow]

/** The arc tangent, in [-π/2, π/2]. */
export function atan(x: number): number {
  const size = Math.abs(x)
  if (size >= 73786976294838206464) return x > 0 ? halfPi + halfPiLow : -(halfPi + halfPiLow)
  if (size < 7.450580596923828e-9 || x !== x) return x
  if (size < 0.4375) return x - x * atanSeries(x)
  const near = size < 0.6875 ? 0 : size < 1.1875 ? 1 : size < 2.4375 ? 2 : 3
  const rest =
    near === 0
      ? (2 * size - 1) / (2 + size)
      : near === 1
        ? (size - 1) / (size + 1)
        : near === 2
          ? (size - 1.5) / (1 + 1.5 * size)
          : -1 / size
  const angle = high[near] - (rest * atanSeries(rest) - low[near] - rest)
  return x < 0 ? -angle : angle
}

/** (x - atan(x)) / x for |x| < 7/16, odd and even terms apart. */
function atanSeries(x: number): number {
  const z = x * x
  const w = z * z
  const odd =
    z *
    (3.33333333333329318027e-1 +
      w *
        (1.42857142725034663711e-1 +
          w *
            (9.09088713343650656196e-2 +
              w * (6.66107313738753120669e-2 + w * (4.97687799461593236017e-2 + w * 1.62858201153657823623e-2)))))
  const even =
    w *
    (-1.99999999998764832476e-1 +
      w *
        (-1.1111110405462355788e-1 +
          w * (-7.69187620504482999495e-2 + w * (-5.83357013379057348645e-2 + w * -3.6531572744216915527e-2))))
  return odd + even
}

/** The angle of the point (x, y), in [-π, π]; signed zeros and infinities as the language has them. */
export function atan2(y: number, x: number): number {
  if (x !== x || y !== y) return Number.NaN
  if (x === 1) return atan(y)
  const left = x < 0 || Object.is(x, -0)
  const below = y < 0 || Object.is(y, -0)
  if (y === 0) return left ? (below ? -pi : pi) : y
  if (x === 0) return below ? -halfPi : halfPi
  const size = Math.abs(y) === Infinity || Math.abs(x) === Infinity ? farAngle(x, y, left) : nearAngle(x, y, left)
  return below ? -size : size
}

function farAngle(x: number, y: number, left: boolean): number {
  if (Math.abs(x) !== Infinity) return halfPi
  if (Math.abs(y) === Infinity) return left ? 3 * quarterPi : quarterPi
  return left ? pi : 0
}

function nearAngle(x: number, y: number, left: boolean): number {
  const slope = Math.abs(y / x)
  if (slope > 1152921504606846976) return halfPi
  const size = atan(slope)
  return left ? pi - (size - piLow) : size
}
