import { utf8Length, utf8Write } from '../../bytes/utf8.ts'
import { MillraceError } from '../../errors.ts'
import type { FeatureVector } from '../../features/feature-vector.ts'
import { log } from '../../numeric/log.ts'
import { murmur3 } from '../../numeric/murmur3.ts'
import { cos, sin } from '../../numeric/trigonometric.ts'
import { Xoshiro128 } from '../../numeric/xoshiro128.ts'
import { type Place, passActive, type Stream, type Transformer, type TransformerKind } from './transformer.ts'

export interface RandomFourierOptions {
  /** Of the kernel e^(−gamma · distance²); 1 by default. Inputs of unit deviation want about 1 / their number. */
  readonly gamma?: number
  /** An integer from 0 to 2^32 - 1; 0 by default. */
  readonly seed?: number
}

export interface RandomFourierSpec {
  readonly kind: 'randomFourier'
  readonly features: number
  readonly gamma: number
  readonly seed: number
}

/**
 * Puts random Fourier features in place of the numeric inputs: √(2/D) · cos(w·x + b), with w from N(0, 2·gamma) and b
 * from 0 to 2π. A linear learner over them learns what one with the kernel e^(−gamma · distance²) would.
 *
 * Input     numeric inputs, scaled before; a missing one takes no part
 * Cost      D · n multiplications and D cosines a record: 90 ns a feature of 20 inputs. No state: directions are drawn
 *           from the seed and the name of the input, so an input that is added changes nothing where it is missing
 * Breaks    the names: weights are those of `fourier#0`, `fourier#1`, ...
 * Snapshot  nothing
 * @param features D, 1 to 10,000
 * @throws ML_RANGE; in `compose` also for more than 10,000,000 times features and inputs
 * @see Rahimi & Recht 2007, "Random features for large-scale kernel machines"
 */
export function randomFourier(features: number, options: RandomFourierOptions = {}): RandomFourierSpec {
  const { gamma = 1, seed = 0 } = options
  const wrong = (what: string, got: unknown): never => {
    throw new MillraceError('ML_RANGE', { what, got, where: 'randomFourier' })
  }
  if (!(Number.isInteger(features) && features >= 1 && features <= 10_000)) {
    wrong('the number of features must be an integer from 1 to 10000', features)
  }
  if (!(gamma >= 1e-9 && gamma <= 1e9)) wrong('gamma must be from 1e-9 to 1e9', gamma)
  if (!(Number.isInteger(seed) && seed >= 0 && seed <= 0xffffffff))
    wrong('seed must be an integer from 0 to 2^32 - 1', seed)
  return { kind: 'randomFourier', features, gamma, seed }
}

/** Components of the directions: 80 MB. */
const MOST_COMPONENTS = 10_000_000
const TWO_PI = 2 * Math.PI

class RandomFourier implements Transformer {
  readonly #features: number
  readonly #scale: number
  readonly #phases: Float64Array
  /** Input by input, the component of every direction. */
  readonly #directions: Float64Array
  readonly #angles: Float64Array
  readonly #shift: number

  constructor({ features, gamma, seed }: RandomFourierSpec, inputs: readonly Stream[]) {
    this.#features = features
    this.#scale = Math.sqrt(2 / features)
    const random = new Xoshiro128(seed)
    this.#phases = Float64Array.from({ length: features }, () => TWO_PI * random.nextDouble())
    this.#directions = new Float64Array(features * inputs.length)
    this.#angles = new Float64Array(features)
    this.#shift = features - inputs.length
    const spread = Math.sqrt(2 * gamma)
    for (const [j, { key }] of inputs.entries()) {
      const normal = normals(seedOf(key, seed))
      for (let k = 0; k < features; k++) this.#directions[j * features + k] = spread * normal()
    }
  }

  transform(_place: Place, x: FeatureVector, out: FeatureVector): void {
    passActive(x, out, this.#shift)
    const features = this.#features
    const angles = this.#angles
    const directions = this.#directions
    angles.set(this.#phases)
    for (let j = 0; j < x.dense.length; j++) {
      const value = x.dense[j]
      if (x.missing[j] === 1 || value === 0) continue
      for (let k = 0, at = j * features; k < features; k++, at++) angles[k] += directions[at] * value
    }
    for (let k = 0; k < features; k++) out.dense[k] = this.#scale * cos(angles[k])
  }
}

/** A seed for one input: neighbours are no relatives, as Xoshiro128 spreads it. */
function seedOf(key: string, seed: number): number {
  const bytes = new Uint8Array(utf8Length(key))
  const end = utf8Write(key, bytes, 0)
  const high = murmur3(bytes, 0, end, seed) >>> 11
  return high * 0x100000000 + (murmur3(bytes, 0, end, ~seed) >>> 0)
}

/** Numbers from N(0, 1), two at a time. @see Box & Muller 1958 */
function normals(seed: number): () => number {
  const random = new Xoshiro128(seed)
  let second = NaN
  return () => {
    if (second === second) {
      const drawn = second
      second = NaN
      return drawn
    }
    const radius = Math.sqrt(-2 * log(1 - random.nextDouble()))
    const angle = TWO_PI * random.nextDouble()
    second = radius * sin(angle)
    return radius * cos(angle)
  }
}

export const randomFourierKind: TransformerKind<RandomFourierSpec> = {
  shape({ features, gamma, seed }, inputs) {
    if (features * inputs.length > MOST_COMPONENTS) {
      throw new MillraceError('ML_RANGE', {
        what: `features times numeric inputs may be ${MOST_COMPONENTS} at most`,
        got: features * inputs.length,
        where: 'randomFourier',
      })
    }
    const outputs = Array.from({ length: features }, (_, k) => ({
      name: `fourier#${k}`,
      key: `fourier(${gamma},${seed})#${k} of ${features}`,
      nullable: false,
    }))
    return { header: 0, inputDoubles: 0, slotDoubles: 0, outputs }
  },
  create: (options, { inputs }) => new RandomFourier(options, inputs),
}
