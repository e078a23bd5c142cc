import { expect, it } from 'vitest'
import { rawText } from './raw-text.ts'

it('shows text as it is, and escapes NUL and what is not UTF-8', () => {
  const bytes = Uint8Array.of(0x61, 0x00, 0xc3, 0xa9, 0xff, 0xe2, 0x82, 0x22, 0xf0, 0x9f, 0x98, 0x80, 0xe2, 0x82)
  expect(rawText(bytes, 0, bytes.length)).toBe('a\\x00é\\xff\\xe2\\x82"😀\\xe2\\x82')
  expect(rawText(bytes, 2, 4)).toBe('é')
})

it('keeps 4 KB, and never half a character', () => {
  const bytes = new TextEncoder().encode(`x${'é'.repeat(5000)}`)
  expect(rawText(bytes, 0, bytes.length)).toBe(`x${'é'.repeat(2047)}`)
  expect(rawText(new Uint8Array(9000).fill(97), 0, 9000).length).toBe(4096)
})
