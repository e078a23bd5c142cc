import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_TIME, MIN_TIME } from './identity.ts'
import { compareTimers, type Timer } from './timer.ts'
import { TimerQueue } from './timer-queue.ts'

const KEY_GROUPS = 4

function timersOf(queue: TimerQueue, group: number): Timer[] {
  const timers: Timer[] = []
  queue.forEachInGroup(group, (timer) => void timers.push(timer))
  return timers
}

const anyTimer: fc.Arbitrary<Timer> = fc
  .record({
    time: fc.oneof(fc.integer({ min: -2, max: 3 }), fc.double({ min: -1e15, max: 1e15, noNaN: true })),
    uid: fc.constantFrom('join', 'a', 'late'),
    // Shared prefixes, proper prefixes of one another, NUL, and characters that are not latin-1.
    keyText: fc.constantFrom(
      '',
      'k',
      'key',
      'key-1',
      'key-10',
      'key-1\0',
      'key-1234567890',
      'key-1234567891',
      'kex',
      'ÿb',
      'Āa',
      'Āb',
      'ā',
      'kā',
      'l\0',
      '\0',
    ),
    tag: fc.constantFrom('', 'x'),
  })
  .map((timer) => ({ ...timer, time: timer.time + 0, group: timer.keyText.length % KEY_GROUPS }))

describe('TimerQueue', () => {
  test('agrees with a sorted list under random set, delete and pop', () => {
    const step = fc.record({ verb: fc.constantFrom('set', 'set', 'set', 'delete', 'pop'), timer: anyTimer })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const queue = new TimerQueue({ keyGroups: KEY_GROUPS })
        const plain: Timer[] = []
        for (const { verb, timer } of steps) {
          const { time, uid, keyText, group, tag } = timer
          const at = plain.findIndex((other) => compareTimers(other, timer) === 0)
          if (verb === 'set') {
            expect(queue.set(time, uid, keyText, group, tag)).toBe(at < 0)
            if (at < 0) plain.push(timer)
          } else if (verb === 'delete') {
            expect(queue.delete(time, uid, keyText, tag)).toBe(at >= 0)
            if (at >= 0) plain.splice(at, 1)
          } else if (plain.length > 0) {
            plain.sort(compareTimers)
            expect(queue.peekTime()).toBe(plain[0].time)
            expect(queue.pop()).toEqual(plain.shift())
          }
          expect(queue.size).toBe(plain.length)
        }
        plain.sort(compareTimers)
        for (let group = 0; group < KEY_GROUPS; group++) {
          expect(timersOf(queue, group)).toEqual(plain.filter((timer) => timer.group === group))
        }
        for (const timer of plain) expect(queue.pop()).toEqual(timer)
        expect(queue.peekTime()).toBe(MAX_TIME + 1)
      }),
      { numRuns: 200 },
    )
  })

  test('orders by time, then uid, then key, then tag', () => {
    const queue = new TimerQueue()
    queue.set(2, 'a', 'a', 0)
    queue.set(1, 'b', 'a', 0)
    queue.set(1, 'a', 'b', 0)
    queue.set(1, 'a', 'a', 0, 'z')
    queue.set(1, 'a', 'a', 0)
    const popped = Array.from({ length: 5 }, () => queue.pop())
    expect(popped.map(({ time, uid, keyText, tag }) => `${time}${uid}${keyText}${tag}`)).toEqual([
      '1aa',
      '1aaz',
      '1ab',
      '1ba',
      '2aa',
    ])
  })

  test('a timer set while its time is being drained takes its place among the rest', () => {
    const queue = new TimerQueue()
    for (const key of ['a', 'c', 'e']) queue.set(1, 'op', key, 0)
    queue.pop()
    queue.set(1, 'op', 'd', 0)
    queue.set(1, 'op', 'a', 0)
    expect([queue.pop(), queue.pop(), queue.pop(), queue.pop()].map(({ keyText }) => keyText)).toEqual([
      'a',
      'c',
      'd',
      'e',
    ])
  })

  test('a million timers due together are drained in slices, in order of key', () => {
    const queue = new TimerQueue()
    const count = 1_000_000
    for (let i = 0; i < count; i++) {
      const key = 1_000_000 + ((i * 7919) % count)
      queue.set(1000, 'timeout', `flight-${key}`, key % 128)
    }
    let last = ''
    let ordered = true
    for (let left = count; left > 0; left -= 10_000) {
      for (let i = 0; i < 10_000; i++) {
        const { keyText } = queue.pop()
        ordered &&= last < keyText
        last = keyText
      }
      expect(queue.size).toBe(left - 10_000)
    }
    expect(ordered).toBe(true)
  })

  test('many timers of one key are found again without a search through them', () => {
    const queue = new TimerQueue()
    for (let i = 0; i < 100_000; i++) queue.set(i, 'op', 'same', 3)
    for (let i = 0; i < 100_000; i += 2) expect(queue.delete(i, 'op', 'same')).toBe(true)
    expect([queue.size, timersOf(queue, 3).length, queue.pop().time]).toEqual([50_000, 50_000, 1])
  })

  test('minus zero is the same time as zero', () => {
    const queue = new TimerQueue()
    queue.set(-0, 'op', 'k', 0)
    expect(queue.set(0, 'op', 'k', 0)).toBe(false)
    expect(Object.is(queue.pop().time, 0)).toBe(true)
  })

  test('clear forgets everything', () => {
    const queue = new TimerQueue()
    queue.set(1, 'op', 'k', 0)
    queue.clear()
    expect([queue.size, queue.peekTime(), timersOf(queue, 0)]).toEqual([0, MAX_TIME + 1, []])
    expect(queue.set(1, 'op', 'k', 0)).toBe(true)
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, MAX_TIME + 1, MIN_TIME - 1])('the time %d is refused', (time) => {
    expect(() => new TimerQueue().set(time, 'op', 'k', 0)).toThrow('ML_RANGE: a timer needs a time')
  })

  test('past its limit a new timer is refused, and one already set is not', () => {
    const queue = new TimerQueue({ maxTimers: 2, where: 'operator "join"' })
    queue.set(1, 'op', 'a', 0)
    queue.set(1, 'op', 'b', 0)
    expect(queue.set(1, 'op', 'a', 0)).toBe(false)
    expect(() => queue.set(1, 'op', 'c', 0)).toThrow('ML_STATE_LIMIT: at most 2 timers are held at operator "join"')
  })

  test('pop of an empty queue throws', () => {
    expect(() => new TimerQueue().pop()).toThrow('ML_RANGE')
  })
})
