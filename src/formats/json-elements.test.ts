import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonElements } from './json-elements.ts'

const found = (text: string) => {
  const bytes = Buffer.from(text)
  const { bounds, problem } = jsonElements(bytes)
  if (problem !== undefined) return problem
  return Array.from({ length: bounds.length / 2 }, (_, i) =>
    bytes.subarray(bounds[2 * i], bounds[2 * i + 1]).toString(),
  )
}

describe('the values of a JSON text', () => {
  test('are one object, or the elements of an array as they were written', () => {
    expect(found(' {"a":[1,"}"]} \n')).toEqual(['{"a":[1,"}"]}'])
    expect(found('[]')).toEqual([])
    expect(found('[ {"a": 1.50}\n,\t"x,\\"]" , [1,[2]],-0 ]\r\n')).toEqual(['{"a": 1.50}', '"x,\\"]"', '[1,[2]]', '-0'])
  })

  test('are left to the decoder where only they are wrong', () => {
    expect(found('[{"a":},tru,{"b":1}]')).toEqual(['{"a":}', 'tru', '{"b":1}'])
  })

  test.each([
    ['', 'the text is neither an object nor an array'],
    ['12', 'the text is neither an object nor an array'],
    ['{"a":1', 'the object does not end'],
    ['{"a":"\n"}', 'the object does not end'],
    ['{} {}', 'there is text after the object'],
    ['[{}', 'the array does not end'],
    ['[{}]x', 'there is text after the array'],
    ['[,{}]', 'an element of the array is empty'],
    ['[{},]', 'an element of the array is empty'],
    ['[{} {}]', 'an element of the array is followed by neither a comma nor its end'],
    ['[1}]', 'an element of the array is followed by neither a comma nor its end'],
    ['["\\"]', 'the array does not end'],
  ])('are none in %j', (text, problem) => {
    expect(found(text)).toBe(problem)
  })

  test('are those that JSON.parse sees, for any array, however it is spaced', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.nat(4), (values, space) => {
        const elements = found(JSON.stringify(values, null, space))
        expect((elements as string[]).map((text) => JSON.parse(text))).toEqual(JSON.parse(JSON.stringify(values)))
      }),
    )
  })

  test('lie within any bytes, in order, and every text that JSON.parse takes as an array is taken', () => {
    const pieces = fc.constantFrom('[', ']', '{', '}', '"', '\\', ',', ':', ' ', '\n', '1', 'a', '\u00e9')
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const text = parts.join('')
        const { bounds, problem } = jsonElements(Buffer.from(text))
        const sorted = [...bounds].sort((a, b) => a - b)
        expect(bounds).toEqual(sorted)
        let parsed: unknown
        try {
          parsed = JSON.parse(text)
        } catch {
          return
        }
        if (Array.isArray(parsed)) expect([problem, bounds.length]).toEqual([undefined, 2 * parsed.length])
      }),
      { numRuns: 2000 },
    )
  })
})
