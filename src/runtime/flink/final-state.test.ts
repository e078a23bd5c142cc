import { describe, expect, test } from 'vitest'
import { readFinalState } from './final-state.ts'

/** As FinalState.java writes it. */
function entry(kind: string, uid: string, field: number | string, bytes: Uint8Array): Buffer {
  const int = (value: number) => {
    const four = Buffer.alloc(4)
    four.writeInt32BE(value)
    return four
  }
  const text = (value: string) => Buffer.concat([int(Buffer.byteLength(value)), Buffer.from(value)])
  const place = typeof field === 'string' ? text(field) : int(field)
  return Buffer.concat([Buffer.from(kind), text(uid), place, int(bytes.length), bytes])
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const ledger = (count: number) => ({ in: count, processed: count, rejected: 0, late: 0 })

describe('the final state of a job', () => {
  const entries = [
    entry('G', 'model', 7, Buffer.from([1, 2])),
    entry('G', 'model', 3, Buffer.from([3])),
    entry('G', 'count', 9, Buffer.from([4])),
    entry('S', 'visits', 'a.csv', json({ ledger: ledger(5) })),
    entry('S', 'visits', 'b.csv', json({ ledger: ledger(6) })),
    entry('L', 'model', 0, json({ in: 4, learned: 1 })),
    entry('L', 'model', 1, json({ in: 5, learned: 2 })),
    entry('P', 'shop', 0, json({ name: 'shop' })),
  ]

  test('is read whatever the order of its entries and the cut of its parts, groups sorted by place', () => {
    for (const parts of [[Buffer.concat(entries)], entries, [...entries].reverse()]) {
      const { plan, groups, splits, ledgers } = readFinalState(parts, 'here')
      expect(plan).toEqual({ name: 'shop' })
      expect(groups.map(({ uid, group, bytes }) => [uid, group, [...bytes]])).toEqual([
        ['count', 9, [4]],
        ['model', 3, [3]],
        ['model', 7, [1, 2]],
      ])
      expect(Object.keys(splits.visits).sort()).toEqual(['a.csv', 'b.csv'])
      expect(ledgers.sources.visits).toMatchObject({ in: 11, processed: 11 })
      expect(ledgers.operators.model).toEqual({ in: 9, learned: 3 })
    }
  })

  test('counts an entry once that comes again, as after a restart behind its end', () => {
    expect(readFinalState([...entries, ...entries], 'here')).toEqual(readFinalState(entries, 'here'))
  })

  test('is refused where it is damaged, at every length it may be cut to', () => {
    const [whole] = entries
    for (let length = 1; length < whole.length; length++) {
      expect(() => readFinalState([whole.subarray(0, length)], 'here')).toThrow(/^ML_CORRUPT: .*here, offset/)
    }
    expect(() => readFinalState([Buffer.from('X')], 'here')).toThrow(/^ML_CORRUPT: an entry has a kind/)
    const long = Buffer.from(whole)
    long.writeInt32BE(0x7fffffff, 1)
    expect(() => readFinalState([long], 'here')).toThrow(/^ML_CORRUPT/)
  })
})
