import { expect, test } from 'vitest'
import { KernelMemory, NOWHERE } from '../numeric/kernel-memory.ts'
import { KeyEncoder } from './key.ts'
import { SlabTable } from './slab-table.ts'

test('a table gives its pages back to the memory of a kernel, which grows no more', () => {
  const memory = KernelMemory.make(1 << 16) as KernelMemory
  const table = new SlabTable({ width: 21, keyGroups: 1, where: 'test', memory })
  const one = new KeyEncoder(1)
  const addresses = Array.from({ length: 40 }, () => {
    let highest = NOWHERE
    for (let i = 0; i < 2000; i++) {
      table.insert(one.encode(i))
      highest = Math.max(highest, memory.addressOf(table.page))
    }
    const capture = table.capture()
    for (let i = 0; i < 2000; i += 100) table.write(0, table.find(one.encode(i)))
    for (let i = 0; i < 2000; i++) table.remove(one.encode(i))
    capture.release()
    return highest
  })
  expect(addresses[0]).toBeGreaterThan(1 << 16)
  expect(Math.max(...addresses)).toBeLessThan(3 * addresses[0])
})

test('a table says where the row of a key lies, until a capture, another key or a removal may have moved it', () => {
  const memory = KernelMemory.make(1 << 16) as KernelMemory
  const table = new SlabTable({ width: 3, keyGroups: 1, where: 'test', memory })
  const key = (text: string) => {
    const encoded = new KeyEncoder(1).encode(text)
    table.insert(encoded)
    table.own(encoded)
    return encoded
  }
  const a = key('a')
  table.page[table.offset] = 7
  const told = table.addressOf(a)
  expect(memory.all[told / 8]).toBe(7)
  const { age } = table
  expect(table.addressOf(a)).toBe(told)
  expect(table.age).toBe(age)
  const capture = table.capture()
  expect(table.age).not.toBe(age)
  // The capture holds the page: the table goes on in a copy.
  table.own(a)
  expect(table.addressOf(a)).not.toBe(told)
  expect(memory.all[table.addressOf(a) / 8]).toBe(7)
  capture.release()
  for (const change of [() => void ['b', 'c', 'd', 'e'].map(key), () => table.remove(key('b'))]) {
    table.addressOf(a)
    const before = table.age
    change()
    expect(table.age).not.toBe(before)
    expect(memory.all[table.addressOf(a) / 8]).toBe(7)
  }
  expect(new SlabTable({ width: 3, where: 'test' }).addressOf(a)).toBe(NOWHERE)
})
