import { expect, test } from 'vitest'
import { ByteWriter } from '../bytes/writer.ts'
import { type EncodedKey, KeyEncoder } from './key.ts'
import { MAX_WARM, SlabTable } from './slab-table.ts'

const encoded = (key: string): EncodedKey => new KeyEncoder(8).encode(key)

test('warming known and unknown keys reads every line of their rows and changes nothing', () => {
  const table = new SlabTable({ width: 21, keyGroups: 8, where: 'test' })
  for (let i = 0; i < 500; i++) {
    const key = encoded(`key-${i}`)
    table.write(key.group, table.insert(key))
    table.page[table.offset] = 1
    table.page[table.offset + 8] = 10
    table.page[table.offset + 16] = 100
  }
  const before = bytesOf(table)
  const keys = Array.from({ length: MAX_WARM }, (_unused, i) => encoded(i < 60 ? `key-${i}` : `nobody-${i}`))
  const sizeBytes = table.sizeBytes
  table.warm([], 0)
  const indexOnly = table.warmth
  table.warm(keys, MAX_WARM)
  // The sum of what was read holds 60 rows of three lines, beside the places in the index.
  const places = table.warmth - indexOnly
  table.warm(keys.slice(60), MAX_WARM - 60)
  expect(places).toBeGreaterThanOrEqual(60 * 111)
  expect(table.warmth).toBeLessThan(places)
  expect(table.size).toBe(500)
  expect(table.sizeBytes).toBe(sizeBytes)
  expect(bytesOf(table)).toEqual(before)
})

function bytesOf(table: SlabTable): Uint8Array[] {
  const capture = table.capture()
  const groups = Array.from({ length: 8 }, (_unused, group) => {
    const writer = new ByteWriter()
    capture.writeGroup(group, writer)
    return writer.finish()
  })
  capture.release()
  return groups
}
