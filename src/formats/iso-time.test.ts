import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { civilFromDays, daysFromCivil, isoTimeText, parseIsoTime } from './iso-time.ts'

const read = (text: string, localOffsetMs = NaN) =>
  parseIsoTime(new TextEncoder().encode(`2${text}0`), 1, 1 + text.length, localOffsetMs)
const anyTime = fc.integer({ min: Date.UTC(0, 0, 1) - 1899 * 31_556_952_000, max: Date.UTC(9999, 11, 31) })

describe('parseIsoTime', () => {
  it('reads what Date writes, in any year of four digits', () => {
    fc.assert(
      fc.property(anyTime, (ms) => {
        expect(read(new Date(ms).toISOString())).toBe(ms)
      }),
      { numRuns: 5_000 },
    )
  })

  it('subtracts the offset, in each of its forms', () => {
    const expected = Date.UTC(2013, 0, 1, 10, 15)
    for (const text of [
      '2013-01-01T05:15:00-05:00',
      '2013-01-01 05:15-0500',
      '2013-01-01T05:15:00.000-05',
      '2013-01-01T15:45+05:30',
    ]) {
      expect(read(text)).toBe(expected)
    }
  })

  it('takes a text without offset only where one was declared, and prefers its own', () => {
    expect(read('2013-01-01T05:15:00')).toBe(NaN)
    expect(read('2013-01-01')).toBe(NaN)
    expect(read('2013-01-01T05:15:00', -5 * 3_600_000)).toBe(Date.UTC(2013, 0, 1, 10, 15))
    expect(read('2013-01-01', -5 * 3_600_000)).toBe(Date.UTC(2013, 0, 1, 5))
    expect(read('2013-01-01T05:15:00Z', -5 * 3_600_000)).toBe(Date.UTC(2013, 0, 1, 5, 15))
  })

  it('cuts off what is finer than a millisecond', () => {
    expect(read('1970-01-01T00:00:00.1Z')).toBe(100)
    expect(read('1970-01-01T00:00:00.123999999Z')).toBe(123)
  })

  it('refuses days, hours and offsets that do not exist', () => {
    const wrong = [
      '2013-02-30T00:00:00Z',
      '2013-02-29T00:00:00Z',
      '1900-02-29T00:00:00Z',
      '2013-04-31T00:00:00Z',
      '2013-00-01T00:00:00Z',
      '2013-13-01T00:00:00Z',
      '2013-01-00T00:00:00Z',
      '2013-01-01T24:00:00Z',
      '2013-01-01T00:60:00Z',
      '2013-12-31T23:59:60Z',
      '2013-01-01T00:00:00+24:00',
      '2013-01-01T00:00:00+05:60',
    ]
    for (const text of wrong) expect([text, read(text)]).toEqual([text, NaN])
    for (const year of [1600, 2000, 2400]) expect(read(`${year}-02-29T00:00:00Z`)).toBe(Date.UTC(year, 1, 29))
    for (const year of [1700, 2100, 2500]) expect(read(`${year}-02-29T00:00:00Z`)).toBe(NaN)
  })

  it('refuses every text with a character too few, too many or wrong', () => {
    const right = '2013-01-01T05:15:00.250-05:00'
    const shorter = new Set(['2013-01-01T05:15:00.250-05', '2013-01-01T05:15:00.25', '2013-01-01T05:15:00.2'])
    for (let cut = 0; cut < right.length; cut++) {
      if (!shorter.has(right.slice(0, cut))) expect(read(right.slice(0, cut))).toBe(NaN)
      expect(read(`${right.slice(0, cut)}x${right.slice(cut + 1)}`)).toBe(NaN)
    }
    for (const text of [
      `${right} `,
      ` ${right}`,
      '2013-01-01T05Z',
      '2013-01-01T05:15:00.Z',
      '2013-01-01T05:15:00z',
      '2013-1-1T05:15Z',
      '20130101T051500Z',
      '+02013-01-01T00:00:00Z',
      '2013-01-01T05:15:0:Z',
    ]) {
      expect([text, read(text)]).toEqual([text, NaN])
    }
  })
})

describe('isoTimeText', () => {
  it('writes what Date writes, the fraction only where there is one', () => {
    fc.assert(
      fc.property(fc.integer({ min: -8.64e15, max: 8.64e15 }), (ms) => {
        expect(isoTimeText(ms)).toBe(new Date(ms).toISOString().replace('.000', ''))
      }),
      { numRuns: 5_000 },
    )
    expect(isoTimeText(NaN)).toBe('not a time')
  })
})

describe('days', () => {
  it('are those of Date, there and back', () => {
    for (let days = -800_000; days < 800_000; days += 17) {
      const { year, month, day } = civilFromDays(days)
      const date = new Date(days * 86_400_000)
      if (year !== date.getUTCFullYear() || month !== date.getUTCMonth() + 1 || day !== date.getUTCDate())
        expect.fail(`day ${days}`)
      if (daysFromCivil(year, month, day) !== days) expect.fail(`way back from ${year}-${month}-${day}`)
    }
  })
})
