import { code } from './packed-cholesky-code.ts'
import { instantiate, WASM_PAGE_BYTES, type WasmMemory } from './web-assembly.ts'

/**
 * `rankOneUpdate` by the SIMD of WebAssembly, two rows at a time: the same bits in 0.55 to 0.75 of the time, copying
 * included. The matrix is copied in and out: below `SIMD_FROM` dimensions that costs more than it wins.
 *
 * An engine without WebAssembly or its SIMD, or without the memory, has no such unit: the scalar loop does all there
 * (docs/adr/0016).
 */

/** From this many dimensions on. */
const SIMD_FROM = 16

/** Where x begins in the memory of the unit; before it the results. This and what follows are in doubles. */
const X = 8
/** A larger matrix stays where it is: some 4,000 dimensions. */
const LARGEST = 1 << 23
const PAGE = WASM_PAGE_BYTES / 8

/** Assembled from packed-cholesky.wat, which says what the parameters are. */
type Update = (x: number, matrix: number, n: number, tail: number, q: number, keep: number, target: number) => void

interface Exports {
  readonly memory: WasmMemory
  readonly update: Update
}

/** The part of an array that was asked for last, which is the same again as long as one model learns. */
class LastPart {
  #array: Float64Array = new Float64Array(0)
  #at = 0
  #part: Float64Array = this.#array

  of(array: Float64Array, at: number, length: number): Float64Array {
    if (this.#array !== array || this.#at !== at || this.#part.length !== length) {
      this.#array = array
      this.#at = at
      this.#part = array.subarray(at, at + length)
    }
    return this.#part
  }
}

export class SimdUnit {
  readonly #memory: WasmMemory
  readonly #update: Update
  #doubles: Float64Array
  readonly #given = new LastPart()
  readonly #copy = new LastPart()

  constructor() {
    const { memory, update } = instantiate<Exports>(code)
    this.#memory = memory
    this.#update = update
    this.#doubles = new Float64Array(memory.buffer)
  }

  /** Makes room for a matrix of `size` doubles. @throws RangeError where there is not so much memory */
  fit(n: number, size: number): void {
    const missing = matrixAt(n) + size - this.#doubles.length
    if (missing <= 0) return
    this.#memory.grow(Math.ceil(missing / PAGE))
    this.#doubles = new Float64Array(this.#memory.buffer)
  }

  /** As `rankOneUpdate`, with `size` the doubles of the matrix, for which there is room; w stays as it is. */
  update(
    page: Float64Array,
    at: number,
    n: number,
    size: number,
    tail: number,
    w: Float64Array,
    q: number,
    keep: number,
    target: number,
    result: Float64Array,
  ): void {
    const m = matrixAt(n)
    const doubles = this.#doubles
    for (let i = 0; i < n; i++) doubles[X + i] = w[i]
    doubles.set(this.#given.of(page, at, size), m)
    this.#update(8 * X, 8 * m, n, tail, q, keep, target)
    page.set(this.#copy.of(doubles, m, size), at)
    for (let i = 0; i < result.length; i++) result[i] = doubles[i]
  }
}

/** Where the matrix begins: behind x, at an even place. */
function matrixAt(n: number): number {
  return X + n + (n & 1)
}

/** One of an isolate, made when first needed; null where there is none. */
let unit: SimdUnit | null | undefined

/** The unit, with room for a matrix of `size` doubles; undefined where there is none. */
export function simdUnit(n: number, size: number): SimdUnit | undefined {
  if (unit === null || n < SIMD_FROM || size > LARGEST) return undefined
  try {
    unit ??= new SimdUnit()
    unit.fit(n, size)
    return unit
  } catch {
    unit = null
    return undefined
  }
}
