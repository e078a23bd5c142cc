/**
 * Elementary functions in exact integers: the truth that the tests of this room compare with. Plain and slow.
 *
 * A number is `m · 2^e`. Series run in fixed point with far more bits than a double has, so the first 150 bits of each
 * result are right.
 */
export interface BigFloat {
  readonly m: bigint
  readonly e: number
}

/** Bits of the fixed-point series for arguments that are not tiny. */
const BITS = 320

export function fromDouble(x: number): BigFloat {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, x)
  const bits = view.getBigUint64(0)
  const exponent = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  const m = exponent === 0 ? fraction : fraction | 0x10000000000000n
  return { m: bits >> 63n === 1n ? -m : m, e: Math.max(exponent, 1) - 1075 }
}

/** The error of a double in units in its last place: of the spacing of doubles at the exact value. */
export function ulpError(actual: number, exact: BigFloat): number {
  if (!Number.isFinite(actual)) return Number.POSITIVE_INFINITY
  const { m, e } = subtract(fromDouble(actual), exact)
  const ulp = Math.max(size(exact) - 53, -1074)
  // In units of 2^-64 ulp, so that the integer part holds the digits.
  const units = shift(m < 0n ? -m : m, e - ulp + 64)
  return Number(units) / 2 ** 64
}

export const exact = {
  exp: (x: number): BigFloat => expOf(fromDouble(x)),
  expm1: (x: number): BigFloat => expm1Of(fromDouble(x)),
  log: (x: number): BigFloat => logOf(fromDouble(x)),
  log1p: (x: number): BigFloat => logOf(add(one, fromDouble(x))),
  log2: (x: number): BigFloat => divide(logOf(fromDouble(x)), logOf({ m: 1n, e: 1 })),
  log10: (x: number): BigFloat => divide(logOf(fromDouble(x)), logOf({ m: 5n, e: 1 })),
  sigmoid: (x: number): BigFloat => divide(one, add(one, expOf(fromDouble(-x)))),
  logit: (p: number): BigFloat => {
    const q = fromDouble(p)
    return logOf(divide(q, subtract(one, q)))
  },
  tanh: (x: number): BigFloat => {
    const t = expm1Of(fromDouble(2 * x))
    return divide(t, add(t, { m: 2n, e: 0 }))
  },
  pow: (x: number, y: number): BigFloat => {
    const power = expOf(multiply(fromDouble(y), logOf(fromDouble(Math.abs(x)), 2 * BITS)))
    return x < 0 && Math.abs(y % 2) === 1 ? { m: -power.m, e: power.e } : power
  },
  sin: (x: number): BigFloat => turned(x, 0),
  cos: (x: number): BigFloat => turned(x, 1),
  tan: (x: number): BigFloat => divide(turned(x, 0), turned(x, 1)),
}

const one: BigFloat = { m: 1n, e: 0 }

function shift(m: bigint, by: number): bigint {
  return by >= 0 ? m << BigInt(by) : m >> BigInt(-by)
}

function fixed(x: BigFloat, bits: number): bigint {
  return shift(x.m, x.e + bits)
}

/** The exponent E with 2^(E-1) <= |x| < 2^E. */
function size(x: BigFloat): number {
  return (x.m < 0n ? -x.m : x.m).toString(2).length + x.e
}

function add(a: BigFloat, b: BigFloat): BigFloat {
  const e = Math.min(a.e, b.e)
  return { m: (a.m << BigInt(a.e - e)) + (b.m << BigInt(b.e - e)), e }
}

function subtract(a: BigFloat, b: BigFloat): BigFloat {
  return add(a, { m: -b.m, e: b.e })
}

function multiply(a: BigFloat, b: BigFloat): BigFloat {
  return { m: a.m * b.m, e: a.e + b.e }
}

function divide(a: BigFloat, b: BigFloat): BigFloat {
  const up = Math.max(0, BITS + size(b) - b.e - (size(a) - a.e))
  return { m: (a.m << BigInt(up)) / b.m, e: a.e - up - b.e }
}

/** Σ 1 / ((2k+1) n^(2k+1)): atanh(1/n), or with alternating signs atan(1/n). */
function inverseSeries(n: bigint, bits: number, sign: bigint): bigint {
  let sum = 0n
  let power = (1n << BigInt(bits)) / n
  for (let k = 0n; power !== 0n; k++) {
    const term = power / (2n * k + 1n)
    sum += k % 2n === 1n ? sign * term : term
    power /= n * n
  }
  return sum
}

const constants = new Map<string, bigint>()

function constant(name: string, bits: number, compute: (bits: number) => bigint): bigint {
  const key = `${name} ${bits}`
  let value = constants.get(key)
  if (value === undefined) constants.set(key, (value = compute(bits + 20) >> 20n))
  return value
}

const ln2 = (bits: number) => constant('ln 2', bits, (b) => 2n * inverseSeries(3n, b, 1n))
/** Machin's formula. */
const pi = (bits: number) =>
  constant('pi', bits, (b) => 4n * (4n * inverseSeries(5n, b, -1n) - inverseSeries(239n, b, -1n)))

/** Enough bits that a tiny argument, and the difference from 1 of its function, keeps its digits. */
function bitsFor(x: BigFloat): number {
  return BITS + 2 * Math.max(0, -size(x))
}

function nearest(a: bigint, b: bigint): bigint {
  return (2n * a + b) / (2n * b) - (2n * a + b < 0n && (2n * a + b) % (2n * b) !== 0n ? 1n : 0n)
}

function expOf(x: BigFloat): BigFloat {
  const bits = bitsFor(x) + 32
  const k = nearest(fixed(x, bits), ln2(bits))
  const r = fixed(x, bits) - k * ln2(bits)
  let sum = 0n
  let term = 1n << BigInt(bits)
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    sum += term
    term = (term * r) / (n << BigInt(bits))
  }
  return { m: sum, e: Number(k) - bits }
}

function expm1Of(x: BigFloat): BigFloat {
  return subtract(expOf(x), one)
}

/** ln x = k ln 2 + 2 atanh((m - 1) / (m + 1)) with m near 1. */
function logOf(x: BigFloat, least = BITS): BigFloat {
  const away = size(subtract(x, one))
  const bits = Math.max(least, BITS + 2 * Math.max(0, -away)) + 32
  const unit = 1n << BigInt(bits)
  let k = size(x) - 1
  let m = shift(x.m, bits + x.e - k)
  if (3n * m > 4n * unit) {
    k++
    m >>= 1n
  }
  const s = ((m - unit) << BigInt(bits)) / (m + unit)
  const square = (s * s) >> BigInt(bits)
  let sum = 0n
  let power = s
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
    sum += power / n
    power = (power * square) >> BigInt(bits)
  }
  return { m: 2n * sum + BigInt(k) * ln2(bits), e: -bits }
}

/** sin(x + quarters · π/2). */
function turned(value: number, quarters: number): BigFloat {
  const x = fromDouble(value)
  const bits = bitsFor(x) + 32
  const wide = bits + Math.max(0, size(x)) + 16
  const quarter = pi(wide) >> 1n
  const turns = nearest(fixed(x, wide), quarter)
  const r = (fixed(x, wide) - turns * quarter) >> BigInt(wide - bits)
  const at = Number((((turns + BigInt(quarters)) % 4n) + 4n) % 4n)
  const odd = at % 2 === 0
  let term = odd ? r : 1n << BigInt(bits)
  let sum = 0n
  for (let n = odd ? 2n : 1n; term !== 0n && term !== -1n; n += 2n) {
    sum += term
    term = -((term * ((r * r) >> BigInt(bits))) >> BigInt(bits)) / (n * (n + 1n))
  }
  return { m: at >= 2 ? -sum : sum, e: -bits }
}
