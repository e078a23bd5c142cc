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
