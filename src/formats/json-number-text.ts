import { writeDigits, writeShortest } from './shortest-decimal.ts'

/**
 * Numbers as JSON text, straight into bytes: the same characters as `String(value)`, which is the shortest decimal that
 * reads back as the same double.
 *
 * Whole numbers are written digit by digit. A number with few decimals is found by scaling: if round(v × 10^k) / 10^k is
 * v again and has at most 15 digits, that decimal is the shortest one, because no two decimals of at most 15 digits read
 * as the same double (so any shorter one would be this one with its trailing zeros dropped). The division is one
 * correctly rounded operation, since both its operands are exact.
 */
export const MAX_NUMBER_BYTES = 32

/** Writes a finite number at `at`, where `MAX_NUMBER_BYTES` must fit, and returns the offset after it. -0 is written 0. */
export function writeNumber(value: number, target: Uint8Array, at: number): number {
  let magnitude = value
  if (value < 0) {
    target[at++] = 45
    magnitude = -value
  }
  if (magnitude <= 0x7fffffff && (magnitude | 0) === magnitude) return writeSmall(magnitude | 0, target, at)
  if (magnitude >= 1e15) return writeText(String(magnitude), target, at)
  const whole = Math.floor(magnitude)
  if (whole === magnitude) return writeWhole(whole, target, at)
  const scaled = Math.floor(magnitude * 1e6 + 0.5)
  if (scaled < 1e15 && scaled / 1e6 === magnitude) {
    return writeDecimals((scaled - whole * 1e6) | 0, target, writeWhole(whole, target, at))
  }
  const end = writeShortest(magnitude, target, at)
  return end > 0 ? end : writeText(String(magnitude), target, at)
}

/** A whole number below 1e15. */
function writeWhole(value: number, target: Uint8Array, at: number): number {
  if (value <= 0x7fffffff) return writeSmall(value | 0, target, at)
  const high = Math.floor(value / 1e8)
  at = writeSmall(high, target, at)
  writeDigits((value - high * 1e8) | 0, 8, target, at)
  return at + 8
}

function writeSmall(value: number, target: Uint8Array, at: number): number {
  const digits =
    value < 1e5
      ? value < 100
        ? value < 10
          ? 1
          : 2
        : value < 1000
          ? 3
          : value < 1e4
            ? 4
            : 5
      : value < 1e7
        ? value < 1e6
          ? 6
          : 7
        : value < 1e8
          ? 8
          : value < 1e9
            ? 9
            : 10
  writeDigits(value, digits, target, at)
  return at + digits
}

/** A point and the six decimals, which are not all zero, without trailing zeros. */
function writeDecimals(value: number, target: Uint8Array, at: number): number {
  target[at++] = 46
  writeDigits(value, 6, target, at)
  at += 6
  while (target[at - 1] === 48) at--
  return at
}

function writeText(text: string, target: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) target[at++] = text.charCodeAt(i)
  return at
}
