import { MillraceError } from '../errors.ts'

/** Four unsigned 32-bit words, not all zero: everything a generator knows. */
export type Xoshiro128State = readonly [number, number, number, number]

/**
 * Seeded random numbers: xoshiro128**, period 2^128 - 1, the same on every engine.
 *
 * Keep its state with what it drives: a restored learner must go on with the number that would have come next.
 *
 * @param seed an integer, 0 to 2^53 - 1. Splitmix32 spreads it over the state, so that neighbours are no relatives
 * @throws ML_RANGE for another seed, an all-zero state, or a bound that is no integer from 1 to 2^32
 * @see Blackman & Vigna 2021, "Scrambled linear pseudorandom number generators"
 */
export class Xoshiro128 {
  private a = 0
  private b = 0
  private c = 0
  private d = 0

  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) throw outOfRange('a seed must be an integer from 0 to 2^53 - 1', seed)
    const start = (seed | 0) ^ mix(Math.floor(seed / 0x100000000) | 0)
    this.a = mix(start + 0x9e3779b9)
    this.b = mix(start + 2 * 0x9e3779b9)
    this.c = mix(start + 3 * 0x9e3779b9)
    this.d = mix(start + 4 * 0x9e3779b9)
  }

  /** An integer from 0 to 2^32 - 1. */
  nextUint32(): number {
    const { a, b, c, d } = this
    const five = Math.imul(b, 5)
    const result = Math.imul((five << 7) | (five >>> 25), 9)
    const e = c ^ a
    const f = d ^ b
    this.b = b ^ e
    this.a = a ^ f
    this.c = e ^ (b << 9)
    this.d = (f << 11) | (f >>> 21)
    return result >>> 0
  }

  /** A multiple of 2^-53 from 0 up to, not including, 1. */
  nextDouble(): number {
    const high = this.nextUint32() >>> 5
    const low = this.nextUint32() >>> 6
    return (high * 67108864 + low) * 1.1102230246251565e-16
  }

  /** An integer from 0 to bound - 1, each as likely: draws again where the last round of 2^32 is cut short. */
  nextInt(bound: number): number {
    if (!(Number.isInteger(bound) && bound >= 1 && bound <= 0x100000000)) {
      throw outOfRange('a bound must be an integer from 1 to 2^32', bound)
    }
    const whole = 0x100000000 - (0x100000000 % bound)
    let drawn = this.nextUint32()
    while (drawn >= whole) drawn = this.nextUint32()
    return drawn % bound
  }

  get state(): Xoshiro128State {
    return [this.a >>> 0, this.b >>> 0, this.c >>> 0, this.d >>> 0]
  }

  set state([a, b, c, d]: Xoshiro128State) {
    if ((a | b | c | d) === 0) throw outOfRange('a state must not be all zero', [a, b, c, d])
    this.a = a | 0
    this.b = b | 0
    this.c = c | 0
    this.d = d | 0
  }
}

/** The output function of splitmix32: every bit of the input moves every bit of the result. 0 stays 0. */
function mix(word: number): number {
  let mixed = word | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
  return mixed ^ (mixed >>> 15)
}

function outOfRange(what: string, got: unknown): MillraceError {
  return new MillraceError('ML_RANGE', { what, got, where: 'Xoshiro128' })
}
