import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StringCache } from './string-cache.ts'

const encoder = new TextEncoder()

describe('StringCache', () => {
  it('gives the text of the bytes, first or repeated, whatever came before', () => {
    const text = fc.oneof(
      fc.constantFrom('', 'UA', 'AU', 'é', 'ab', 'abc', 'x'.repeat(33)),
      fc.string({ unit: 'binary', maxLength: 40 }),
    )
    fc.assert(
      fc.property(fc.array(text, { maxLength: 60 }), (texts) => {
        const cache = new StringCache()
        for (const each of [...texts, ...texts]) {
          const bytes = encoder.encode(`<${each}>`)
          expect(cache.get(bytes, 1, bytes.length - 1)).toBe(each)
        }
      }),
    )
  })

  it('refuses invalid UTF-8 every time', () => {
    const cache = new StringCache()
    for (let i = 0; i < 3; i++) expect(cache.get(Uint8Array.of(0xc0, 0x80), 0, 2)).toBeUndefined()
  })

  it('stays right at the smallest capacity', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 34 }), { maxLength: 30 }), (texts) => {
        const cache = new StringCache(4)
        for (const text of [...texts, ...texts, 'a', 'b', 'a', 'c', 'a', 'd', 'a', 'e', 'a']) {
          const bytes = encoder.encode(text)
          expect(cache.get(bytes, 0, bytes.length)).toBe(text)
        }
      }),
    )
  })

  it('stays right past its capacity, for ids that never repeat and for values that do', () => {
    const cache = new StringCache()
    for (let i = 0; i < 20_000; i++) {
      const id = encoder.encode(`id-${i}`)
      if (cache.get(id, 0, id.length) !== `id-${i}`) expect.fail(`id-${i}`)
    }
    const mixed = new StringCache()
    for (let i = 0; i < 40_000; i++) {
      const text = i % 4 === 0 ? `id-${i}` : `carrier-${i % 50}`
      const bytes = encoder.encode(text)
      if (mixed.get(bytes, 0, bytes.length) !== text) expect.fail(text)
    }
  })
})
