import { expect, test } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
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

test('a key that was told its slot is not found by it once keys were removed or a group restored', () => {
  const table = new SlabTable({ width: 1, keyGroups: 1, where: 'test' })
  const [stays, goes] = ['stays', 'goes'].map((key) => new KeyEncoder(1).encode(key))
  table.insert(stays)
  const slot = table.insert(goes)
  table.warm([stays, goes], 2)
  expect(table.find(goes)).toBe(slot)
  table.remove(goes)
  expect(table.find(goes)).toBe(-1)
  expect(table.insert(goes)).toBe(slot)
  table.warm([stays, goes], 2)
  const other = new SlabTable({ width: 1, keyGroups: 1, where: 'test' })
  expect(other.find(goes)).toBe(-1)
  other.insert(stays)
  table.restoreGroup(0, new ByteReader(bytesOf(other, 1)[0], 'test'))
  expect([table.find(stays), table.find(goes)]).toEqual([0, -1])
})

test('a key encoded anew forgets the slot of the one before', () => {
  const table = new SlabTable({ width: 1, keyGroups: 1, where: 'test' })
  const encoder = new KeyEncoder(1)
  table.insert(encoder.encode('a'))
  table.warm([encoder.encode('a')], 1)
  expect(table.find(encoder.encode('b'))).toBe(-1)
})

function bytesOf(table: SlabTable, keyGroups = 8): Uint8Array[] {
  const capture = table.capture()
  const groups = Array.from({ length: keyGroups }, (_unused, group) => {
    const writer = new ByteWriter()
    capture.writeGroup(group, writer)
    return writer.finish()
  })
  capture.release()
  return groups
}
