import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimalProblem, integerProblem, parseDecimal, parseInteger } from './decimal.ts'

const bytesOf = (text: string) => new TextEncoder().encode(`7${text}9`)
const decimal = (text: string) => parseDecimal(bytesOf(text), 1, 1 + text.length)
const integer = (text: string) => parseInteger(bytesOf(text), 1, 1 + text.length)

/** What the grammar and the rules say, in the plainest words. */
function reference(text: string): number {
  if (!/^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$/.test(text)) return NaN
  const value = Number(text)
  if (!Number.isFinite(value)) return NaN
  return /^[+-]?[0-9]+$/.test(text) && BigInt(text.replace('+', '')) !== BigInt(value) ? NaN : value
}

describe('parseDecimal', () => {
  it('rounds as Number does, for every bit pattern of a double written out', () => {
    const any = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)
    fc.assert(
      fc.property(any, (text) => {
        expect(decimal(text)).toBe(reference(text))
      }),
      { numRuns: 20_000 },
    )
  })

  it('agrees with Number on 200,000 decimals of 1 to 25 digits with point and exponent', () => {
    let seed = 20131
    const next = (limit: number) => ((seed = (Math.imul(seed, 1664525) + 1013904223) | 0) >>> 8) % limit
    let rounded = 0
    for (let i = 0; i < 200_000; i++) {
      let text = ['', '-', '+'][next(3)]
      for (let n = 1 + next(next(4) === 0 ? 20 : 8); n > 0; n--) text += next(10)
      if (next(3) > 0) {
        text += '.'
        for (let n = 1 + next(next(4) === 0 ? 20 : 6); n > 0; n--) text += next(10)
      }
      if (next(5) === 0) text += `${['e', 'E'][next(2)]}${['', '-', '+'][next(3)]}${next(next(3) === 0 ? 400 : 30)}`
      const value = decimal(text)
      if (!Object.is(value, reference(text))) expect.fail(`${text} read as ${value}, not ${reference(text)}`)
      if (value === value) rounded++
    }
    expect(rounded).toBeGreaterThan(150_000)
  })

  it('agrees with the grammar on short texts of every kind', () => {
    const piece = fc.constantFrom('0', '1', '9', '.', '-', '+', 'e', 'E', ' ', 'x', '00', '123456789')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 7 }), (pieces) => {
        expect(decimal(pieces.join(''))).toBe(reference(pieces.join('')))
      }),
      { numRuns: 20_000 },
    )
  })

  it('refuses what Number would let pass', () => {
    for (const text of [
      '',
      ' ',
      ' 1',
      '1 ',
      '0x10',
      '0b1',
      'NaN',
      'Infinity',
      '-',
      '+',
      '.',
      '.5',
      '5.',
      '1e',
      '1_0',
      '--1',
    ]) {
      expect(decimal(text)).toBe(NaN)
    }
  })

  it('keeps -0, the smallest double and the largest, and refuses what overflows', () => {
    expect(decimal('-0')).toBe(-0)
    expect(decimal('-0.000')).toBe(-0)
    expect(decimal('5e-324')).toBe(5e-324)
    expect(decimal('1.7976931348623157e308')).toBe(Number.MAX_VALUE)
    expect(decimal('1e999')).toBe(NaN)
    expect(decimal(`1${'0'.repeat(400)}`)).toBe(NaN)
    expect(decimal('1e-999')).toBe(0)
    expect(decimal(`0e${'9'.repeat(50)}`)).toBe(0)
  })

  it('takes an integer past 2^53 only when no digit is lost', () => {
    expect(decimal('9007199254740992')).toBe(2 ** 53)
    expect(decimal('9007199254740993')).toBe(NaN)
    expect(decimal('-9007199254740993')).toBe(NaN)
    expect(decimal('10000000000000000000000')).toBe(1e22)
    expect(decimal('0000000000000000000000000000000012')).toBe(12)
  })

  it('rounds a halfway case that only the 800th digit decides', () => {
    const halfway = `9007199254740993.${'0'.repeat(800)}`
    expect(decimal(`${halfway}1`)).toBe(9007199254740994)
    expect(decimal(`${halfway}0`)).toBe(9007199254740992)
  })
})

describe('parseInteger', () => {
  it('takes signed digits up to 2^53 - 1 and nothing else', () => {
    expect(['0', '-0', '+7', '-12', '007', '9007199254740991', '-9007199254740991'].map(integer)).toEqual([
      0, 0, 7, -12, 7, 9007199254740991, -9007199254740991,
    ])
    for (const text of ['', '-', '1.0', '1e3', '9007199254740992', '9'.repeat(400), ' 1', '0x1', 'NaN']) {
      expect(integer(text)).toBe(NaN)
    }
  })
})

describe('problems', () => {
  it('are said in words', () => {
    expect(['', '9007199254740993', '1e999', '0x10'].map(decimalProblem)).toEqual([
      'is empty',
      'is an integer past 2^53 that a double cannot hold',
      'is too large for a double',
      'is not a plain decimal number',
    ])
    expect(['', '9007199254740992', '1.0'].map(integerProblem)).toEqual([
      'is empty',
      'is an integer past 2^53 - 1',
      'is not an integer (digits with an optional sign)',
    ])
  })
})
