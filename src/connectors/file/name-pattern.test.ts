import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fitsPattern } from './name-pattern.ts'

describe('a pattern of names', () => {
  test('fits where an exact regular expression does', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 12 })
    fc.assert(
      fc.property(text, text, (name, pattern) => {
        const parts = [...pattern].map((char) => (char === '*' ? '.*' : char === '?' ? '.' : `\\x${hex(char)}`))
        expect(fitsPattern(name, pattern)).toBe(new RegExp(`^${parts.join('')}$`, 's').test(name))
      }),
      { numRuns: 5000 },
    )
  })

  test('of many stars is soon done with a name that does not fit', () => {
    expect(fitsPattern('a'.repeat(20_000), `${'*a'.repeat(200)}b`)).toBe(false)
  })
})

function hex(char: string): string {
  return char.charCodeAt(0).toString(16).padStart(2, '0')
}
