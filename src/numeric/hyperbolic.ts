/**
 * sinh, cosh, asinh, acosh and atanh with the same bits on every engine, error below 2 ulp, 3 where e^x itself
 * overflows. (tanh, which learners use, has its own file.)
 *
 * After fdlibm 5.3 (e_sinh.c, e_cosh.c, s_asinh.c, e_acosh.c, e_atanh.c):
 * Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunPro, a Sun Microsystems, Inc.
 * business. Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice
 * is preserved.
 */
import { exp, expm1 } from './exp.ts'
import { log, log1p } from './log.ts'

const ln2 = 6.93147180559945286227e-1
const tiny = 3.725290298461914e-9
const huge = 268435456
/** Where exp overflows, and where half of it does. */
const expOverflow = 709.7822265625
const overflow = 710.4758600739439

export function sinh(x: number): number {
  const size = Math.abs(x)
  if (size < tiny || x !== x) return x
  const half = x < 0 ? -0.5 : 0.5
  if (size < 22) {
    const t = expm1(size)
    return size < 1 ? half * (2 * t - (t * t) / (t + 1)) : half * (t + t / (t + 1))
  }
  return halfExp(half, size)
}

export function cosh(x: number): number {
  const size = Math.abs(x)
  if (size <= 0.5 * ln2) {
    const t = expm1(size)
    const w = 1 + t
    return size < 2.7755575615628914e-17 ? w : 1 + (t * t) / (w + w)
  }
  if (size < 22) {
    const t = exp(size)
    return 0.5 * t + 0.5 / t
  }
  return halfExp(0.5, size)
}

/** half · e^size where e^size itself may overflow. */
function halfExp(half: number, size: number): number {
  if (size < expOverflow) return half * exp(size)
  if (size > overflow) return half * Infinity
  const w = exp(0.5 * size)
  return half * w * w
}

export function asinh(x: number): number {
  const size = Math.abs(x)
  if (size < tiny || size === Infinity || x !== x) return x
  const square = x * x
  const result =
    size > huge
      ? log(size) + ln2
      : size > 2
        ? log(2 * size + 1 / (Math.sqrt(square + 1) + size))
        : log1p(size + square / (1 + Math.sqrt(1 + square)))
  return x > 0 ? result : -result
}

/** NaN below 1. */
export function acosh(x: number): number {
  if (x < 1 || x !== x) return Number.NaN
  if (x >= huge) return x === Infinity ? x : log(x) + ln2
  if (x > 2) return log(2 * x - 1 / (x + Math.sqrt(x * x - 1)))
  const t = x - 1
  return log1p(t + Math.sqrt(2 * t + t * t))
}

/** ±∞ at ±1, NaN beyond. */
export function atanh(x: number): number {
  const size = Math.abs(x)
  if (size > 1 || x !== x) return Number.NaN
  if (size === 1) return x * Infinity
  if (size < tiny) return x
  const double = size + size
  const result = 0.5 * log1p(size < 0.5 ? double + (double * size) / (1 - size) : double / (1 - size))
  return x > 0 ? result : -result
}
