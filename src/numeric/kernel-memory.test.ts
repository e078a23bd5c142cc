import { afterEach, describe, expect, it, vi } from 'vitest'
import { KernelMemory, NOWHERE } from './kernel-memory.ts'

const WINDOW = 1 << 16
const made = () => KernelMemory.make(WINDOW) as KernelMemory

describe('a memory of kernels', () => {
  it('gives out arrays of zeros that lie in it, apart and at cache lines', () => {
    const memory = made()
    const [a, b, c] = [memory.doubles(3), memory.ints(5), memory.doubles(9)]
    a.fill(1)
    b.fill(2)
    expect([...c]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0])
    c.fill(3)
    expect([...a, ...b]).toEqual([1, 1, 1, 2, 2, 2, 2, 2])
    for (const array of [a, b, c]) {
      expect(memory.addressOf(array)).toBe(array.byteOffset)
      expect(array.byteOffset % 64).toBe(0)
      expect(array.byteOffset).toBeGreaterThanOrEqual(WINDOW)
    }
    expect(memory.window).toHaveLength(WINDOW)
    expect(memory.addressOf(memory.window.subarray(7))).toBe(7)
    expect(memory.holds(a, b, memory.window.subarray(1))).toBe(true)
    expect(memory.holds(a, new Float64Array(1))).toBe(false)
    expect(memory.addressOf(made().doubles(1))).toBe(NOWHERE)
  })

  it('grows under arrays, which stay what they are', () => {
    const memory = made()
    const arrays = Array.from({ length: 300 }, (_unused, i) => memory.doubles(5000).fill(i))
    for (const [i, array] of arrays.entries()) {
      expect(array.every((value) => value === i)).toBe(true)
      expect(memory.addressOf(array)).toBeGreaterThan(i * 40_000)
    }
  })

  it('gives out again what it was given back, as zeros and for the same size alone', () => {
    const memory = made()
    const first = memory.doubles(100).fill(7)
    memory.give(first)
    expect(memory.doubles(101).byteOffset).not.toBe(first.byteOffset)
    const again = memory.doubles(100)
    expect(again.byteOffset).toBe(first.byteOffset)
    expect(again.every((value) => value === 0)).toBe(true)
    expect(memory.doubles(100).byteOffset).not.toBe(first.byteOffset)
    memory.give(new Float64Array(100))
    expect(memory.addressOf(memory.doubles(100))).not.toBe(NOWHERE)
  })

  describe('where the engine does not give it', () => {
    const { WebAssembly } = globalThis as unknown as {
      readonly WebAssembly: { readonly Memory: new (size: object) => object }
    }

    afterEach(() => vi.unstubAllGlobals())

    it.each([
      ['WebAssembly', undefined],
      [
        'a shared memory',
        {
          Memory: function refused() {
            throw new RangeError('WebAssembly.Memory(): could not allocate memory')
          },
        },
      ],
    ])('is none without %s', (_what, stub) => {
      vi.stubGlobal('WebAssembly', stub)
      expect(KernelMemory.make(WINDOW)).toBeUndefined()
    })

    it('gives arrays of their own without more room', () => {
      vi.stubGlobal('WebAssembly', {
        Memory: function small() {
          return new WebAssembly.Memory({ initial: 1, maximum: 3, shared: true })
        },
      })
      const memory = made()
      const [inside, outside] = [memory.doubles(8192), memory.doubles(20_000)]
      expect(memory.holds(inside)).toBe(true)
      expect(memory.addressOf(outside)).toBe(NOWHERE)
      expect(outside).toHaveLength(20_000)
      expect(memory.addressOf(memory.ints(50_000))).toBe(NOWHERE)
      memory.give(outside)
      expect(memory.addressOf(memory.doubles(20_000))).toBe(NOWHERE)
      expect(memory.holds(memory.doubles(100))).toBe(true)
    })
  })
})
