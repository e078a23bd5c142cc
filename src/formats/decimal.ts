import { latin1Read } from '../bytes/utf8.ts'

/**
 * Reads numbers from ASCII digits, exactly as `Number` would round them.
 *
 * Up to 15 significant digits fit a double exactly, and so do the powers of ten up to 10^22: one multiplication or
 * division of the two is then correctly rounded (Clinger 1990). Everything else goes to `Number` as text, once the
 * grammar was checked: `[+-]? digits [. digits] [e [+-]? digits]`, with nothing before or after.
 */

/**
 * The number that the bytes spell, or NaN: when they are no plain decimal ('', ' 1', '0x10', 'NaN', '.5', '5.'),
 * when it overflows ('1e999'), or when it is an integer literal past 2^53 that would lose digits.
 */
export function parseDecimal(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > 9) return parseLong(bytes, start, end)
  let at = start
  const sign = bytes[at]
  if (at < end && (sign === MINUS || sign === PLUS)) at++
  const first = at
  let digits = 0
  let digit = 0
  while (at < end && (digit = (bytes[at] - ZERO) >>> 0) <= 9) {
    digits = (Math.imul(digits, 10) + digit) | 0
    at++
  }
  if (at === first) return NaN
  if (at === end) return sign === MINUS ? -digits : digits
  if (bytes[at] !== DOT) return parseLong(bytes, start, end)
  const point = ++at
  while (at < end && (digit = (bytes[at] - ZERO) >>> 0) <= 9) {
    digits = (Math.imul(digits, 10) + digit) | 0
    at++
  }
  if (at === point) return NaN
  if (at < end) return parseLong(bytes, start, end)
  const value = digits / POWERS[at - point]
  return sign === MINUS ? -value : value
}

/** The integer that the bytes spell, or NaN: anything but digits with a sign, or past 2^53 - 1. Never -0. */
export function parseInteger(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  const sign = bytes[at]
  if (at < end && (sign === MINUS || sign === PLUS)) at++
  if (at === end) return NaN
  let value = 0
  for (; at < end; at++) {
    const digit = (bytes[at] - ZERO) >>> 0
    if (digit > 9) return NaN
    value = value * 10 + digit
    if (value > Number.MAX_SAFE_INTEGER) return NaN
  }
  return sign === MINUS && value !== 0 ? -value : value
}

/** Why `parseDecimal` gave NaN for this text, as the end of a sentence. */
export function decimalProblem(text: string): string {
  if (text === '') return 'is empty'
  if (/^[+-]?[0-9]+$/.test(text) && Number.isFinite(Number(text)))
    return 'is an integer past 2^53 that a double cannot hold'
  if (/^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$/.test(text)) return 'is too large for a double'
  return 'is not a plain decimal number'
}

/** Why `parseInteger` gave NaN for this text, as the end of a sentence. */
export function integerProblem(text: string): string {
  if (text === '') return 'is empty'
  return /^[+-]?[0-9]+$/.test(text) ? 'is an integer past 2^53 - 1' : 'is not an integer (digits with an optional sign)'
}

const ZERO = 48
const MINUS = 45
const PLUS = 43
const DOT = 46

/** 10^0 to 10^22, all exact. */
const POWERS = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`))

/** Any length: checks the grammar, keeps the digits while 15 suffice, else leaves the rounding to `Number`. */
function parseLong(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  const negative = bytes[at] === MINUS
  if (negative || bytes[at] === PLUS) at++
  const first = at
  let digits = 0
  let significant = 0
  let digit = 0
  for (; at < end && (digit = (bytes[at] - ZERO) >>> 0) <= 9; at++) {
    if ((significant > 0 || digit > 0) && ++significant <= 15) digits = digits * 10 + digit
  }
  if (at === first) return NaN
  let fraction = 0
  const integral = at
  if (at < end && bytes[at] === DOT) {
    for (at++; at < end && (digit = (bytes[at] - ZERO) >>> 0) <= 9; at++) {
      fraction++
      if ((significant > 0 || digit > 0) && ++significant <= 15) digits = digits * 10 + digit
    }
    if (fraction === 0) return NaN
  }
  let exponent = 0
  if (at < end && (bytes[at] | 32) === 101) {
    at++
    const down = bytes[at] === MINUS
    if (down || bytes[at] === PLUS) at++
    const from = at
    for (; at < end && (digit = (bytes[at] - ZERO) >>> 0) <= 9; at++)
      exponent = Math.min(exponent * 10 + digit, 100_000_000)
    if (at === from) return NaN
    if (down) exponent = -exponent
  }
  if (at !== end) return NaN
  const power = exponent - fraction
  if (significant <= 15 && power >= -22 && power <= 22) {
    const value = power < 0 ? digits / POWERS[-power] : digits * POWERS[power]
    return negative ? -value : value
  }
  const value = Number(latin1Read(bytes, start, end))
  if (!Number.isFinite(value)) return NaN
  return integral === end && !isExact(bytes, first, end, value) ? NaN : value
}

/** Whether an integer literal keeps all its digits as a double. */
function isExact(bytes: Uint8Array, first: number, end: number, value: number): boolean {
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return true
  while (bytes[first] === ZERO) first++
  return BigInt(latin1Read(bytes, first, end)) === BigInt(Math.abs(value))
}
