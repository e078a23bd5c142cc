import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Envelope, MAX_TIME, ROOT_PATH } from './identity.ts'
import { PlainOrderBuffer } from './order-buffer.reference.ts'
import { OrderBuffer } from './order-buffer.ts'

function envelope(time: number, parts: Partial<Envelope> = {}): Envelope {
  return { time, origin: 's', split: 'a', position: 0, path: ROOT_PATH, value: undefined, ...parts }
}

function contents(buffer: OrderBuffer): [number, Envelope][] {
  const all: [number, Envelope][] = []
  buffer.forEach((rank, record) => void all.push([rank, record]))
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
    pops: fc.integer({ min: 0, max: 9 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: pushes, size: 'max' }), (steps) => {
      const buffer = new OrderBuffer()
      const plain = new PlainOrderBuffer()
      const popBoth = () => {
        expect(buffer.peekTime()).toBe(plain.peekTime())
        expect(buffer.pop()).toBe(plain.pop())
        expect(buffer.rank).toBe(plain.rank)
      }
      for (const { rank, envelope: record, pops } of steps) {
        buffer.push(rank, record)
        plain.push(rank, record)
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
              buffer.push(0, record)
              plain.push(0, record)
            }
          }
          for (let n = 0; n < pops && plain.size > 0; n++) expect(buffer.pop()).toBe(plain.pop())
        }
        expect(contents(buffer)).toEqual(plain.all())
        while (plain.size > 0) expect(buffer.pop()).toBe(plain.pop())
        expect(buffer.size).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  test('keeps the order of arrival among equal identities, in a run and beside it', () => {
    const buffer = new OrderBuffer()
    const twins = Array.from({ length: 6 }, (_, value) => envelope(1, { value }))
    buffer.push(0, envelope(0))
    buffer.push(0, twins[0])
    for (let i = 0; i < 40; i++) buffer.push(0, envelope(2, { position: i }))
    buffer.push(0, twins[1]) // near the end: inserted into the run
    for (let i = 40; i < 200; i++) buffer.push(0, envelope(2, { position: i }))
    for (const twin of twins.slice(2)) buffer.push(0, twin) // far from it: in a run beside it
    buffer.pop()
    expect(
      contents(buffer)
        .slice(0, 6)
        .map(([, record]) => record.value),
    ).toEqual([0, 1, 2, 3, 4, 5])
    expect(twins.map(() => buffer.pop().value)).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('orders by rank before origin, so that records come before labels of the same time', () => {
    const buffer = new OrderBuffer()
    buffer.push(1, envelope(5, { origin: 'a' }))
    buffer.push(0, envelope(5, { origin: 'z' }))
    expect([buffer.pop().origin, buffer.rank, buffer.pop().origin, buffer.rank]).toEqual(['z', 0, 'a', 1])
  })

  test('merges more splits than it keeps idle', () => {
    const buffer = new OrderBuffer()
    const splits = 3000
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < splits; i++) {
        buffer.push(0, envelope(round, { split: `part-${(i * 7919) % splits}` }))
        buffer.push(0, envelope(round + 0.5, { split: `part-${(i * 7919) % splits}` }))
      }
      let last = ''
      for (let i = 0; i < splits; i++) {
        const { time, split } = buffer.pop()
        expect([time, split > last]).toEqual([round, true])
        last = split
      }
      for (let i = 0; i < splits; i++) expect(buffer.pop().time).toBe(round + 0.5)
    }
    expect(buffer.size).toBe(0)
  })

  test('a split that was forgotten while idle has one run again, so equal identities keep their order', () => {
    const buffer = new OrderBuffer()
    for (let i = 0; i < 2000; i++) buffer.push(0, envelope(0, { split: `part-${i}` }))
    while (buffer.size > 0) buffer.pop()
    buffer.push(0, envelope(1, { split: 'again' }))
    buffer.pop()
    buffer.push(0, envelope(5, { split: 'again', value: 'first' }))
    buffer.push(0, envelope(2, { split: 'other' }))
    buffer.push(0, envelope(5, { split: 'again', value: 'second' }))
    buffer.pop()
    expect([buffer.pop().value, buffer.pop().value]).toEqual(['first', 'second'])
  })

  test('holds a large backlog, gives it back in order and can be filled again', () => {
    const buffer = new OrderBuffer()
    for (const count of [50_000, 10, 10, 3000]) {
      for (let i = 0; i < count; i++) buffer.push(i % 2, envelope(i >> 1))
      for (let i = 0; i < count; i++) {
        expect(buffer.pop().time === i >> 1 && buffer.rank === i % 2).toBe(true)
      }
    }
  })

  test('visiting the records leaves them as they are', () => {
    const buffer = new OrderBuffer()
    for (let i = 0; i < 300; i++) buffer.push(0, envelope((i * 7) % 100, { position: i }))
    const before = contents(buffer)
    expect(contents(buffer)).toEqual(before)
    expect(before.map(() => buffer.pop())).toEqual(before.map(([, record]) => record))
  })

  test('clear forgets everything', () => {
    const buffer = new OrderBuffer()
    for (let i = 0; i < 300; i++) buffer.push(i % 3, envelope((i * 7) % 100, { position: i }))
    buffer.clear()
    expect([buffer.size, buffer.peekTime(), contents(buffer)]).toEqual([0, MAX_TIME + 1, []])
    buffer.push(0, envelope(3))
    expect(buffer.pop().time).toBe(3)
  })

  test('pop of an empty buffer throws', () => {
    expect(() => new OrderBuffer().pop()).toThrow('ML_RANGE')
  })
})
