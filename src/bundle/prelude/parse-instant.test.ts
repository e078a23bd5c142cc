import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseInstant } from './parse-instant.ts'

// The platform's own Date is the oracle here, outside every bundle.
const instants = fc.integer({ min: -8.64e15, max: 8.64e15 })

describe('the instant of a text', () => {
  test("reads back what Date writes, over all of Date's range", () => {
    fc.assert(
      fc.property(instants, (at) => {
        const date = new Date(at)
        expect(parseInstant(date.toISOString())).toBe(at)
        expect(parseInstant(date.toUTCString())).toBe(Math.floor(at / 1000) * 1000)
      }),
      { numRuns: 2000 },
    )
  })

  test('agrees with Date.parse on every offset', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2e12 }), fc.integer({ min: -1439, max: 1439 }), (at, minutes) => {
        const clock = `${String(Math.floor(Math.abs(minutes) / 60)).padStart(2, '0')}:${String(Math.abs(minutes) % 60).padStart(2, '0')}`
        const text = new Date(at).toISOString().replace('Z', (minutes < 0 ? '-' : '+') + clock)
        expect(parseInstant(text)).toBe(Date.parse(text))
      }),
    )
  })

  test.each([
    '2013',
    '2013-05',
    '2013-05-06',
    '0001-01-01',
    '0000-02-29',
    '-000001-12-31',
    '+012013-01-01',
    '2013-01-01T24:00:00Z',
    '2013-01-01T10:00Z',
    '2013-01-01T10:00:00.5Z',
    '2013-01-01T10:00:00.123456789Z',
    '+275760-09-13T00:00:00.000Z',
    '-271821-04-20T00:00:00.000Z',
    'Thu, 01 Jan 1970 00:00:00 GMT',
  ])('of %s is that of Date.parse', (text) => {
    expect(parseInstant(text)).toBe(Date.parse(text))
  })

  test.each([
    '',
    'n/a',
    'null',
    '2013-13-01',
    '2013-00-01',
    '2013-01-32',
    '2013-02-29',
    '2013-02-30T00:00:00Z',
    '-000000-01-01',
    '2013-01-01T25:00:00Z',
    '2013-01-01T24:00:01Z',
    '2013-01-01T10:60:00Z',
    '2013-01-01T10:00:60Z',
    '2013-01-01T10:00:00+24:00',
    '2013-01-01T10:00:00+10:60',
    '+275760-09-13T00:00:00.001Z',
  ])('of %o is none', (text) => {
    expect(parseInstant(text)).toBeNaN()
  })

  test('of a date and time without a zone is refused', () => {
    expect(() => parseInstant('2013-01-01T10:00:00')).toThrow(
      /^ML_IMPURE: a date and time without a zone is local time/,
    )
    expect(() => parseInstant('2013-01-01 10:00')).toThrow(/^ML_IMPURE/)
  })

  test('of a text that engines read each in their own way is refused', () => {
    for (const text of ['1/2/2013', '20130101', 'Jan 1 2013', '2013-1-1', 'Tue Jan 01 2013 00:00:00 GMT+0100 (CET)']) {
      expect(() => parseInstant(text)).toThrow(/^ML_IMPURE: engines read this date text in different ways; got/)
    }
  })

  test('with a space for the T or an offset without a colon is read all the same, as its zone is stated', () => {
    expect(parseInstant('2013-01-01 10:00:00Z')).toBe(Date.UTC(2013, 0, 1, 10))
    expect(parseInstant('2013-01-01T10:00:00-0530')).toBe(Date.UTC(2013, 0, 1, 15, 30))
  })
})
