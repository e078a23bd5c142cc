import { describe, expect, test } from 'vitest'
import type { EncodedKey } from '../state/key.ts'
import { keyText } from '../state/key.ts'
import { type Identity, ROOT_PATH } from '../time/identity.ts'
import { OrderBuffer } from '../time/order-buffer.ts'
import { OrderedRecord } from '../time/ordered-record.ts'
import type { Cell } from './cell.ts'
import { RunAhead } from './run-ahead.ts'

const identity = (time: number): Identity => ({ time, origin: 's', split: '0', position: time, path: ROOT_PATH })

function bufferOf(times: readonly number[]): OrderBuffer {
  const buffer = new OrderBuffer()
  for (const time of times) buffer.push(time % 2, identity(time), `k${time}`)
  return buffer
}

describe('records taken out ahead', () => {
  test('leave in order, with their ranks, up to the watermark and the limit', () => {
    const buffer = bufferOf([1, 2, 3, 4, 5])
    const ahead = new RunAhead(128)
    ahead.fill(buffer, 4, 3)
    const taken: number[][] = []
    while (!ahead.isEmpty) {
      expect(ahead.peekTime()).toBe(taken.length + 1)
      const { time, rank } = ahead.take()
      taken.push([time, rank])
    }
    expect(taken).toEqual([
      [1, 1],
      [2, 0],
      [3, 1],
    ])
    ahead.fill(buffer, 4, 3)
    expect([ahead.take().time, ahead.isEmpty]).toEqual([4, true])
  })

  test('go back to the buffer where a run ends before them', () => {
    const buffer = bufferOf([1, 2, 3, 4])
    const ahead = new RunAhead(128)
    ahead.fill(buffer, 9, 4)
    ahead.take()
    ahead.giveBack(buffer)
    expect(ahead.isEmpty).toBe(true)
    expect(Array.from({ length: buffer.size }, () => buffer.pop(new OrderedRecord()).time)).toEqual([2, 3, 4])
  })

  test('are announced by key to an operator with large state, and to no other', () => {
    const announced: string[] = []
    const operator = {
      large: false,
      warm: (keys: readonly EncodedKey[], count: number) => {
        announced.push(...keys.slice(0, count).map((key) => keyText(key).slice(1)))
      },
    }
    const entries = [{ operator }, { operator }] as unknown as Cell[]
    const keyOf = (value: never) => {
      if (value === 'k2') throw new Error('no key')
      return value
    }
    const ahead = new RunAhead(128)
    ahead.fill(bufferOf([1, 2, 3]), 9, 32)
    ahead.warm(entries, [keyOf, keyOf])
    expect(announced).toEqual([])
    operator.large = true
    ahead.warm(entries, [keyOf, keyOf])
    expect(announced).toEqual(['k1', 'k3'])
  })
})
