import { afterEach, describe, expect, it, vi } from 'vitest'
import { columnAt, newResult, packedSize, rankOneUpdate, rankOneUpdateByScalars } from './packed-cholesky.ts'
import { SimdUnit } from './packed-cholesky-simd.ts'
import { Xoshiro128 } from './xoshiro128.ts'

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly update: unknown
}

const {
  Module,
  Instance,
}: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { readonly exports: Exports }
} = Reflect.get(globalThis, 'WebAssembly')

const bits = (doubles: Float64Array) => new BigUint64Array(doubles.buffer)

/** A matrix of n dimensions at an odd place of a page, and the records of a stream, some of which make columns grow. */
class Stream {
  readonly n: number
  readonly tail: number
  readonly at = 5
  readonly page: Float64Array
  readonly result = newResult()
  readonly #random = new Xoshiro128(11)

  constructor(n: number, tail: number) {
    this.n = n
    this.tail = tail
    this.page = new Float64Array(this.at + this.size + 3).fill(7)
    for (let j = 0; j < n; j++) {
      const c = columnAt(this.at, j, tail)
      this.page.fill(0, c, c + j)
      this.page[c + j] = 1 + j
      this.page[c + j + 1] = j / 3
    }
  }

  get size(): number {
    return packedSize(this.n, this.tail)
  }

  next(): [w: Float64Array, q: number, keep: number, target: number] {
    const random = this.#random
    const w = Float64Array.from({ length: this.n + 2 }, (_, j) => (j === 3 ? 0 : 4 * random.nextDouble() - 2))
    const q = [1, 1e6, 0.25, -1e-6][Math.floor(4 * random.nextDouble())]
    return [w, q, random.nextDouble() < 0.5 ? 1 : 0.99, 10 * random.nextDouble()]
  }
}

describe('the rank-one update by SIMD', () => {
  const unit = new SimdUnit()

  it.each([1, 2, 3, 4, 5, 8, 15, 16, 17, 40, 51, 64, 201].flatMap((n) => [1, 2].map((tail) => [n, tail])))(
    'has the bits of the scalar one: %i dimensions, tail %i',
    (n, tail) => {
      const scalar = new Stream(n, tail)
      const simd = new Stream(n, tail)
      unit.fit(n, simd.size)
      for (let i = 0; i < 60; i++) {
        rankOneUpdateByScalars(scalar.page, scalar.at, n, tail, ...scalar.next(), scalar.result)
        unit.update(simd.page, simd.at, n, simd.size, tail, ...simd.next(), simd.result)
        expect(bits(simd.result)).toEqual(bits(scalar.result))
      }
      expect(bits(simd.page)).toEqual(bits(scalar.page))
      expect(simd.page.some(Number.isNaN)).toBe(false)
    },
  )

  it('takes columns that grow by more than four, and two or four of them that together do', () => {
    // Λ = I, and x so that the growth of the columns from the last on is 1 + x₇², …
    for (const [n, large] of [7, 6, 5, 4].map((j) => [8, j])) {
      const [scalar, simd] = [new Stream(n, 1), new Stream(n, 1)]
      const x = Float64Array.from({ length: n }, (_, j) => (j === large ? 3 : 0.7))
      rankOneUpdateByScalars(scalar.page, 5, n, 1, x.slice(), 1, 1, 2, scalar.result)
      unit.update(simd.page, 5, n, simd.size, 1, x.slice(), 1, 1, 2, simd.result)
      expect(bits(simd.page)).toEqual(bits(scalar.page))
    }
  })

  it('keeps models that take turns apart', () => {
    const models = [new Stream(20, 1), new Stream(20, 1), new Stream(33, 2)]
    const alone = models.map(({ n, tail }) => new Stream(n, tail))
    for (let i = 0; i < 90; i++) {
      const [a, b] = [models[i % 3], alone[i % 3]]
      rankOneUpdate(a.page, a.at, a.n, a.tail, ...a.next(), a.result)
      rankOneUpdateByScalars(b.page, b.at, b.n, b.tail, ...b.next(), b.result)
    }
    for (const [i, { page }] of models.entries()) expect(bits(page)).toEqual(bits(alone[i].page))
  })

  describe('in an engine that has none', () => {
    afterEach(() => {
      vi.unstubAllGlobals()
      vi.resetModules()
    })

    it.each([
      ['WebAssembly', undefined],
      ['SIMD', { Module: withoutSimd, Instance }],
      ['room for more memory', { Module, Instance: withoutGrowth }],
    ])('without %s the scalar loop does it', async (_, stub) => {
      vi.stubGlobal('WebAssembly', stub)
      vi.resetModules()
      const fresh = await import('./packed-cholesky.ts')
      const [scalar, either] = [new Stream(150, 1), new Stream(150, 1)]
      for (let i = 0; i < 3; i++) {
        rankOneUpdateByScalars(scalar.page, scalar.at, 150, 1, ...scalar.next(), scalar.result)
        fresh.rankOneUpdate(either.page, either.at, 150, 1, ...either.next(), either.result)
      }
      expect(bits(either.page)).toEqual(bits(scalar.page))
      expect(bits(either.result)).toEqual(bits(scalar.result))
    })
  })
})

/** As the engine's own, it is called with `new`. */
function withoutSimd() {
  throw new SyntaxError('WebAssembly.Module(): Wasm SIMD unsupported')
}

/** An instance whose memory stays as it is. */
function withoutGrowth(module: object) {
  const { exports } = new Instance(module)
  const grow = () => {
    throw new RangeError('WebAssembly.Memory.grow(): Unable to grow instance memory')
  }
  return { exports: { update: exports.update, memory: { buffer: exports.memory.buffer, grow } } }
}
