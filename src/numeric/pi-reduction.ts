/**
 * Takes multiples of π/2 away: x = n π/2 + rest, |rest| <= π/4.
 *
 * `quarterTurns` returns n modulo 4 and leaves the rest as a double and its tail in `remainder`.
 *
 * Up to 2^20 by Cody and Waite: π/2 as 33 + 33 + 53 bits, whose products with n are exact but for the last. Beyond, and
 * where x is so near a multiple that those bits run out, by exact integers as Payne and Hanek do: x · 2/π with
 * enough bits of 2/π for every double. That takes microseconds, and no learner goes there.
 * @see Payne & Hanek 1983; Muller, Elementary Functions, 3rd ed., ch. 11
 */
export const remainder = new Float64Array(2)

const bits = new DataView(new ArrayBuffer(8))
const limit = 1048576

export function quarterTurns(x: number): number {
  if (!(x <= limit && x >= -limit)) return reduceExactly(x)
  const n = x * 0.6366197723675814 + 6755399441055744 - 6755399441055744
  const first = x - n * 1.5707963267341256 // exact
  const second = n * 6.077100506303966e-11 // exact
  const difference = first - second
  const back = first - difference
  const lost = first - (difference + back) + (back - second)
  const low = lost - n * 2.0222662487959506e-21
  const rest = difference + low
  if (n !== 0 && rest < 7.275957614183426e-12 && rest > -7.275957614183426e-12) return reduceExactly(x)
  remainder[0] = rest
  remainder[1] = difference - rest + low
  return n & 3
}

/** 2/π in units of 2^-1216. */
const twoPerPi =
  0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e006492eea09d1921cfe1deb1cb129a73ee88235f52ebb4484e99c7026b45f7e413991d639835339f49c845f8bbdf9283b1ff897ffde05980fef2f118b5a0a6d1f6d367ecf27cb09b74f463f669e5fea2d7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d0856033046fc7b6babn
/** π/2 in units of 2^-160. */
const halfPi = 0x1921fb54442d18469898cc51701b839a252049c11n
const unit = 6.842277657836021e-49 // 2^-160

function reduceExactly(x: number): number {
  bits.setFloat64(0, x)
  const word = bits.getBigUint64(0)
  const shift = BigInt(1216 + 1075) - ((word >> 52n) & 0x7ffn)
  const turns = ((word & 0xfffffffffffffn) | 0x10000000000000n) * twoPerPi // in units of 2^-shift quarter turns
  const n = (turns + (1n << (shift - 1n))) >> shift
  const rest = ((turns - (n << shift)) * halfPi) >> shift
  const high = Number(rest)
  const low = Number(rest - BigInt(high))
  const sign = x < 0 ? -unit : unit
  remainder[0] = high * sign
  remainder[1] = low * sign
  const quarter = Number(n & 3n)
  return x < 0 ? -quarter & 3 : quarter
}
