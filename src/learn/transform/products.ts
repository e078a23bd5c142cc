import { MillraceError } from '../../errors.ts'
import type { FeatureVector } from '../../features/feature-vector.ts'
import {
  bounded,
  expectFewer,
  type Place,
  passActive,
  passDense,
  type Transformer,
  type TransformerKind,
} from './transformer.ts'

export interface ProductsSpec {
  readonly kind: 'products'
  readonly degree: 2 | 3
  /** Of an input with itself, too. */
  readonly powers: boolean
}

/**
 * Adds the products of all pairs of numeric inputs, as inputs `a×b`.
 *
 * A product with a missing input is missing; one beyond ±1e15 counts as that. Categorical inputs have `cross` for this.
 *
 * Cost      n(n − 1)/2 inputs more, 7 ns each with what `logistic` takes for it
 * Breaks    with inputs of very different size: scale them first
 * Snapshot  nothing
 * @throws ML_RANGE, in `compose`, where more than 10,000 inputs came out
 * @see River 0.26.1 `feature_extraction.PolynomialExtender`
 */
export function interactions(): ProductsSpec {
  return { kind: 'products', degree: 2, powers: false }
}

/**
 * Adds all products of numeric inputs of up to so many factors, as inputs `a²`, `a×b`; with degree 3 also `a²×b`, `a×b×c`.
 *
 * As `interactions`, with powers: n(n + 1)/2 inputs more, with degree 3 n(n + 1)(n + 2)/6 on top.
 * @param degree 2 or 3
 * @throws ML_RANGE for another degree
 */
export function polynomial(degree: 2 | 3): ProductsSpec {
  if (degree !== 2 && degree !== 3) {
    throw new MillraceError('ML_RANGE', { what: 'degree must be 2 or 3', got: degree, where: 'polynomial' })
  }
  return { kind: 'products', degree, powers: true }
}

class Products implements Transformer {
  /** The factors of each product; of a product of three the left one is the product of two. */
  readonly #left: Int32Array
  readonly #right: Int32Array

  constructor(options: ProductsSpec, inputs: number) {
    const factors = factorsOf(
      options,
      Array.from({ length: inputs }, (_, j) => j),
    )
    const pairs = new Map<string, number>()
    for (const [p, [i, j, k]] of factors.entries()) if (k === undefined) pairs.set(`${i},${j}`, inputs + p)
    this.#left = Int32Array.from(factors, ([i, j, k]) => (k === undefined ? i : (pairs.get(`${i},${j}`) as number)))
    this.#right = Int32Array.from(factors, ([, j, k]) => k ?? j)
  }

  transform(_place: Place, x: FeatureVector, out: FeatureVector): void {
    const left = this.#left
    const right = this.#right
    passActive(x, out, left.length)
    passDense(x, out)
    const { dense, missing } = out
    const first = x.dense.length
    // 0 where a factor is missing, as its value is.
    for (let p = 0; p < left.length; p++) dense[first + p] = bounded(dense[left[p]] * dense[right[p]])
    missing.fill(0, first)
    if (x.missingCount === 0) return
    for (let p = 0; p < left.length; p++) {
      const absent = missing[left[p]] | missing[right[p]]
      missing[first + p] = absent
      out.missingCount += absent
    }
  }
}

/** The factors of each product, in order. */
function factorsOf<V>({ degree, powers }: ProductsSpec, inputs: readonly V[]): (readonly V[])[] {
  const pairs = inputs.flatMap((first, i) => inputs.slice(powers ? i : i + 1).map((second) => [first, second]))
  if (degree === 2) return pairs
  const triples = inputs.flatMap((first, i) =>
    inputs.slice(i).flatMap((second, j) => inputs.slice(i + j).map((third) => [first, second, third])),
  )
  return [...pairs, ...triples]
}

/** `a²×b` of a, a and b. */
function nameOf(factors: readonly string[]): string {
  const bases = factors.filter((factor, i) => factors.indexOf(factor) === i)
  const powers = ['', '', '²', '³']
  return bases.map((base) => base + powers[factors.filter((factor) => factor === base).length]).join('×')
}

/** How many products a list of inputs has. */
function productCount({ degree, powers }: ProductsSpec, inputs: number): number {
  const pairs = (inputs * (inputs + (powers ? 1 : -1))) / 2
  return degree === 2 ? pairs : pairs + (inputs * (inputs + 1) * (inputs + 2)) / 6
}

export const productsKind: TransformerKind<ProductsSpec> = {
  shape(options, inputs) {
    expectFewer(inputs.length + productCount(options, inputs.length))
    const added = factorsOf(options, inputs).map((factors) => ({
      name: nameOf(factors.map(({ name }) => name)),
      // Whatever the order of the inputs.
      key: nameOf(factors.map(({ key }) => key).sort()),
      nullable: factors.some(({ nullable }) => nullable),
    }))
    return { header: 0, inputDoubles: 0, slotDoubles: 0, outputs: [...inputs, ...added] }
  },
  create: (options, { inputs }) => new Products(options, inputs.length),
}
