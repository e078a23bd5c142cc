/**
 * A memory that kernels, which are WebAssembly, work on together with everybody else: it gives out arrays, and takes them back to
 * give out others of the same size. It grows in place, so that arrays stay where they are; it never shrinks.
 *
 * It begins with a window for whoever brings in bytes from outside, a buffer of its own in his eyes.
 */
import { instantiate, sharedMemory, WASM_PAGE_BYTES, type WasmMemory } from './web-assembly.ts'

/** 4 GiB of addresses; memory is taken as it is needed. */
const MOST_PAGES = 1 << 16
/** Arrays begin at cache lines. */
const LINE = 64

/** The address of an array that does not lie in the memory, and of nothing that does but the window's first byte. */
export const NOWHERE = 0

export class KernelMemory {
  readonly window: Uint8Array<ArrayBuffer>
  readonly #memory: WasmMemory
  /** The buffers of the arrays that were given out: one for each size that the memory has had. */
  readonly #buffers = new Set<ArrayBufferLike>()
  /** Where arrays that were taken back began, by their bytes. */
  readonly #free = new Map<number, number[]>()
  #end: number
  #all: Float64Array<ArrayBuffer>

  private constructor(windowBytes: number) {
    const pages = Math.ceil(windowBytes / WASM_PAGE_BYTES)
    this.#memory = sharedMemory(pages, MOST_PAGES)
    this.#all = new Float64Array(this.#memory.buffer)
    this.#buffers.add(this.#all.buffer)
    this.window = new Uint8Array(this.#all.buffer)
    this.#end = this.window.length
  }

  /** Undefined where the engine has none, or no room for its addresses. */
  static make(windowBytes: number): KernelMemory | undefined {
    try {
      return new KernelMemory(windowBytes)
    } catch {
      return undefined
    }
  }

  /** Everything, up to where the memory reaches now: the double at an address is at an eighth of it. */
  get all(): Float64Array {
    return this.#all
  }

  /** Zeros; an array of its own where there is no more room. */
  doubles(count: number): Float64Array {
    const at = this.#take(8 * count)
    return at === NOWHERE ? new Float64Array(count) : new Float64Array(this.#all.buffer, at, count)
  }

  /** As `doubles`. */
  ints(count: number): Int32Array {
    const at = this.#take(4 * count)
    return at === NOWHERE ? new Int32Array(count) : new Int32Array(this.#all.buffer, at, count)
  }

  /** Where the array begins that was given out, or a part of the window. */
  addressOf({ buffer, byteOffset }: ArrayBufferView): number {
    return this.#buffers.has(buffer) ? byteOffset : NOWHERE
  }

  /** True when all of these lie here: only then may a kernel work on them. */
  holds(...arrays: readonly ArrayBufferView[]): boolean {
    return arrays.every((array) => this.addressOf(array) !== NOWHERE)
  }

  /** Takes back what nobody will use any more. */
  give(array: Float64Array): void {
    const at = this.addressOf(array)
    if (at === NOWHERE) return
    const free = this.#free.get(array.byteLength)
    if (free === undefined) this.#free.set(array.byteLength, [at])
    else free.push(at)
  }

  /** Exports of a kernel over this memory; undefined in an engine that does not take its code. */
  kernel<Exports>(code: string): Exports | undefined {
    try {
      return instantiate(code, { env: { memory: this.#memory } })
    } catch {
      return undefined
    }
  }

  #take(bytes: number): number {
    const at = this.#free.get(bytes)?.pop()
    if (at !== undefined) {
      new Uint8Array(this.#all.buffer, at, bytes).fill(0)
      return at
    }
    const end = this.#end + Math.ceil(bytes / LINE) * LINE
    const held = this.#all.byteLength
    if (end > held && !this.#grow(end - held, held >>> 3)) return NOWHERE
    const from = this.#end
    this.#end = end
    return from
  }

  #grow(missing: number, more: number): boolean {
    try {
      this.#memory.grow(Math.ceil((missing + more) / WASM_PAGE_BYTES))
    } catch {
      if (more > 0) return this.#grow(missing, 0)
      return false
    }
    this.#all = new Float64Array(this.#memory.buffer)
    this.#buffers.add(this.#all.buffer)
    return true
  }
}

/** An array that lies in the memory, if there is one with room. */
export function intsIn(memory: KernelMemory | undefined, count: number): Int32Array {
  return memory?.ints(count) ?? new Int32Array(count)
}

/** As `intsIn`. */
export function doublesIn(memory: KernelMemory | undefined, count: number): Float64Array {
  return memory?.doubles(count) ?? new Float64Array(count)
}
