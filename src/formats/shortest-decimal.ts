/**
 * The shortest decimal that reads back as a given double, written as bytes in about 40 ns: what `String(value)` gives,
 * for numbers whose shortest decimal needs 15 to 17 digits.
 *
 * v × 10^k, scaled to 17 digits before the point, is held exactly as the sum of two doubles (Dekker's product). The
 * decimals that read as v are those within half a unit in the last place, here called `reach`: the nearest one of 15
 * digits is taken if it lies within, else that of 16, else that of 17, which always does. The last eight digits and the
 * fraction are known to 1e-7; a comparison closer than 1e-6, a power of two (whose reach is not symmetric) and numbers
 * outside 1e-6 .. 1e9 are left to the caller.
 *
 * @see Dekker 1971, A floating-point technique for extending the available precision
 */
export function writeShortest(value: number, target: Uint8Array, at: number): number {
  if (!(value >= 1e-6 && value < 1e9)) return UNDECIDED
  let exponent = 16 // of the power of ten that scales to 1e16 .. 1e17
  while (value * POWERS[exponent] < 1e16) exponent++
  while (value * POWERS[exponent] >= 1e17) exponent--
  const power = POWERS[exponent]
  const reach = 0.5 * (value + value * HALF_EPSILON - value) * power

  const product = value * power
  const splitValue = SPLITTER * value
  const valueHigh = splitValue - (splitValue - value)
  const valueLow = value - valueHigh
  const powerHigh = POWERS_HIGH[exponent]
  const powerLow = power - powerHigh
  const rest = valueLow * powerLow - (product - valueHigh * powerHigh - valueLow * powerHigh - valueHigh * powerLow)

  let high = Math.floor(product / 1e8)
  let low = product - high * 1e8 + rest
  if (low < 0) {
    high--
    low += 1e8
  } else if (low >= 1e8) {
    high++
    low -= 1e8
  }
  low = rounded(low, reach)
  if (low === 1e8) {
    high++
    low = 0
  }
  if (low < 0 || high < 1e8 || high >= 1e9) return UNDECIDED
  return writePlaced(high, low, 16 - exponent, target, at)
}

/** What the functions here return for what they do not decide. */
const UNDECIDED = -1

/** The low eight digits rounded to hundreds, tens or ones: the roundest within reach. */
function rounded(low: number, reach: number): number {
  for (let unit = 100; unit >= 1; unit /= 10) {
    const units = low / unit
    const nearest = Math.floor(units + 0.5)
    const distance = Math.abs(nearest * unit - low)
    if (distance < reach - DOUBT) return unit / 2 - distance < DOUBT ? UNDECIDED : nearest * unit
    if (distance < reach + DOUBT) return UNDECIDED
  }
  return UNDECIDED
}

/** Writes the 17 digits high·10^8 + low as a decimal whose first digit counts 10^exponent, without trailing zeros. */
function writePlaced(high: number, low: number, exponent: number, target: Uint8Array, at: number): number {
  let first = at + 1
  if (exponent < 0) {
    target[at] = 48
    target[at + 1] = 46
    first = at + 1 - exponent
    for (let i = at + 2; i < first; i++) target[i] = 48
  }
  writeDigits(high | 0, 9, target, first)
  writeDigits(low | 0, 8, target, first + 9)
  if (exponent >= 0) {
    for (let i = at; i <= at + exponent; i++) target[i] = target[i + 1]
    target[at + exponent + 1] = 46
  }
  let end = first + 17
  while (target[end - 1] === 48) end--
  return end
}

/** The last `digits` digits of an integer below 2^31, with leading zeros. */
export function writeDigits(value: number, digits: number, target: Uint8Array, at: number): void {
  for (let i = at + digits - 1; i >= at; i--) {
    const rest = (value / 10) | 0
    target[i] = 48 + value - rest * 10
    value = rest
  }
}

const DOUBT = 1e-6
/** 2^-53. Adding it, relatively, moves any double but a power of two up by one unit in the last place. */
const HALF_EPSILON = Number.EPSILON / 2
/** 2^27 + 1: splits a double into two halves of 26 bits. */
const SPLITTER = 134_217_729
/** 10^0 to 10^22, all exact, and their upper halves. */
const POWERS = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`))
const POWERS_HIGH = POWERS.map((power) => SPLITTER * power - (SPLITTER * power - power))
