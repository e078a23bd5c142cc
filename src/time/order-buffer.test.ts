import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Envelope, MAX_TIME, ROOT_PATH } from './identity.ts'
import { PlainOrderBuffer } from './order-buffer.reference.ts'
import { OrderBuffer as Columns } from './order-buffer.ts'
import { OrderedRecord } from './ordered-record.ts'

/** The order buffer, with envelopes in and records of their own out. */
class OrderBuffer extends Columns {
  add(rank: number, record: Envelope, at = 0): void {
    this.push(rank, record, record.value, at)
  }

  take(): OrderedRecord {
    return this.pop(new OrderedRecord())
  }
}

function envelope(time: number, parts: Partial<Envelope> = {}): Envelope {
  return { time, origin: 's', split: 'a', position: 0, path: ROOT_PATH, value: undefined, ...parts }
}

function contents(buffer: OrderBuffer): OrderedRecord[] {
  const all: OrderedRecord[] = []
  buffer.forEach((record) => void all.push(record))
  return all
}

const anyEnvelope = (times: number) =>
  fc.record({
    time: fc.integer({ min: 0, max: times }),
    origin: fc.constantFrom('s', 't', '~join'),
    split: fc.constantFrom('a', 'b', 'c'),
    position: fc.integer({ min: 0, max: 2 }),
    path: fc.constantFrom<number | readonly number[]>(ROOT_PATH, 0, 1, [0, 1]),
    value: fc.nat(),
  })

/** Runs random pushes and pops on the buffer and on the plain one. */
function compare(times: number, pushes: number, popShare: number): void {
  const step = fc.record({
    rank: fc.integer({ min: 0, max: 2 }),
    envelope: anyEnvelope(times),
    at: fc.nat(),
    pops: fc.integer({ min: 0, max: 9 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: pushes, size: 'max' }), (steps) => {
      const buffer = new OrderBuffer()
      const plain = new PlainOrderBuffer()
      const popBoth = () => {
        expect(buffer.peekTime()).toBe(plain.peekTime())
        expect(buffer.take()).toEqual(plain.pop())
      }
      for (const { rank, envelope: record, at, pops } of steps) {
        buffer.add(rank, record, at)
        plain.push(rank, record, record.value, at)
        if (pops < popShare && plain.size > 0) popBoth()
      }
      expect(contents(buffer)).toEqual(plain.all())
      expect(buffer.size).toBe(plain.size)
      while (plain.size > 0) popBoth()
      expect([buffer.size, buffer.peekTime()]).toEqual([0, MAX_TIME + 1])
    }),
    { numRuns: 60 },
  )
}

describe('OrderBuffer', () => {
  test('agrees with a sorted array where many records are equal', () => compare(3, 200, 4))
  test('agrees with a sorted array where records are far out of order', () => compare(1_000_000, 500, 1))

  test('agrees with a sorted array where a split comes from several subtasks, each in its own order', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 10 }), sizes, fc.nat(300), (subtasks, frames, pops) => {
        const buffer = new OrderBuffer()
        const plain = new PlainOrderBuffer()
        const next = Array.from({ length: subtasks }, (_unused, i) => i)
        for (const size of frames) {
          for (let subtask = 0; subtask < subtasks; subtask++) {
            for (let n = 0; n < size; n++, next[subtask] += subtasks) {
              // Every third comes twice.
              const at = next[subtask] - (next[subtask] % 3 === 0 && n > 0 ? subtasks : 0)
              const record = envelope(at >> 2, { split: at % 5 === 0 ? 'b' : 'a', position: at, value: n })
              buffer.add(0, record)
              plain.push(0, record, record.value)
            }
          }
          for (let n = 0; n < pops && plain.size > 0; n++) expect(buffer.take()).toEqual(plain.pop())
        }
        expect(contents(buffer)).toEqual(plain.all())
        while (plain.size > 0) expect(buffer.take()).toEqual(plain.pop())
        expect(buffer.size).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  test('keeps the order of arrival among equal identities, in a run and beside it', () => {
    const buffer = new OrderBuffer()
    const twins = Array.from({ length: 6 }, (_, value) => envelope(1, { value }))
    buffer.add(0, envelope(0))
    buffer.add(0, twins[0])
    for (let i = 0; i < 40; i++) buffer.add(0, envelope(2, { position: i }))
    buffer.add(0, twins[1]) // near the end: inserted into the run
    for (let i = 40; i < 200; i++) buffer.add(0, envelope(2, { position: i }))
    for (const twin of twins.slice(2)) buffer.add(0, twin) // far from it: in a run beside it
    buffer.take()
    expect(
      contents(buffer)
        .slice(0, 6)
        .map(({ value }) => value),
    ).toEqual([0, 1, 2, 3, 4, 5])
    expect(twins.map(() => buffer.take().value)).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('orders by rank before origin, so that records come before labels of the same time', () => {
    const buffer = new OrderBuffer()
    buffer.add(1, envelope(5, { origin: 'a' }))
    buffer.add(0, envelope(5, { origin: 'z' }))
    const [first, second] = [buffer.take(), buffer.take()]
    expect([first.origin, first.rank, second.origin, second.rank]).toEqual(['z', 0, 'a', 1])
  })

  test('merges more splits than it keeps idle', () => {
    const buffer = new OrderBuffer()
    const splits = 3000
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < splits; i++) {
        buffer.add(0, envelope(round, { split: `part-${(i * 7919) % splits}` }))
        buffer.add(0, envelope(round + 0.5, { split: `part-${(i * 7919) % splits}` }))
      }
      let last = ''
      for (let i = 0; i < splits; i++) {
        const { time, split } = buffer.take()
        expect([time, split > last]).toEqual([round, true])
        last = split
      }
      for (let i = 0; i < splits; i++) expect(buffer.take().time).toBe(round + 0.5)
    }
    expect(buffer.size).toBe(0)
  })

  test('a split that was forgotten while idle has one run again, so equal identities keep their order', () => {
    const buffer = new OrderBuffer()
    for (let i = 0; i < 2000; i++) buffer.add(0, envelope(0, { split: `part-${i}` }))
    while (buffer.size > 0) buffer.take()
    buffer.add(0, envelope(1, { split: 'again' }))
    buffer.take()
    buffer.add(0, envelope(5, { split: 'again', value: 'first' }))
    buffer.add(0, envelope(2, { split: 'other' }))
    buffer.add(0, envelope(5, { split: 'again', value: 'second' }))
    buffer.take()
    expect([buffer.take().value, buffer.take().value]).toEqual(['first', 'second'])
  })

  test('holds a large backlog, gives it back in order and can be filled again', () => {
    const buffer = new OrderBuffer()
    for (const count of [50_000, 10, 10, 3000]) {
      for (let i = 0; i < count; i++) buffer.add(i % 2, envelope(i >> 1))
      for (let i = 0; i < count; i++) {
        const { time, rank } = buffer.take()
        expect(time === i >> 1 && rank === i % 2).toBe(true)
      }
    }
  })

  test('visiting the records leaves them as they are', () => {
    const buffer = new OrderBuffer()
    for (let i = 0; i < 300; i++) buffer.add(0, envelope((i * 7) % 100, { position: i }))
    const before = contents(buffer)
    expect(contents(buffer)).toEqual(before)
    expect(before.map(() => buffer.take())).toEqual(before)
  })

  test('clear forgets everything', () => {
    const buffer = new OrderBuffer()
    for (let i = 0; i < 300; i++) buffer.add(i % 3, envelope((i * 7) % 100, { position: i }))
    buffer.clear()
    expect([buffer.size, buffer.peekTime(), contents(buffer)]).toEqual([0, MAX_TIME + 1, []])
    buffer.add(0, envelope(3))
    expect(buffer.take().time).toBe(3)
  })

  test('pop of an empty buffer throws', () => {
    expect(() => new OrderBuffer().take()).toThrow('ML_RANGE')
  })
})
