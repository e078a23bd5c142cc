import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lowerCase, upperCase } from '../../formats/letter-case.ts'
import { unifyLetterCase } from './letter-case.ts'

// The platform's tables are the oracle where they are of the same Unicode version; older letters agree in all.
const sameVersion = process.versions.unicode === '17.0'

test('every letter changes as in Unicode 17', () => {
  for (let point = 0; point < (sameVersion ? 0x110000 : 0x590); point++) {
    const letter = String.fromCodePoint(point)
    if (lowerCase(letter) !== letter.toLowerCase() || upperCase(letter) !== letter.toUpperCase()) {
      expect([letter, lowerCase(letter), upperCase(letter)]).toEqual([
        letter,
        letter.toLowerCase(),
        letter.toUpperCase(),
      ])
    }
  }
})

test('a sigma at the end of a word is the final one', () => {
  expect(lowerCase('ΟΔΟΣ ΟΔΟΣ. ΣΑΣ Σ ΑΣ’Α ΑΣ.Α Α’Σ')).toBe(
    'οδος οδος. σας σ ας’α ας.α α’ς'.replace('ας’α ας.α', 'ασ’α ασ.α'),
  )
  const greek = fc.string({ unit: fc.constantFrom(..."ΣΣΑσςα .'’́:-1aZé") })
  fc.assert(
    fc.property(greek, (text) => {
      expect(lowerCase(text)).toBe(text.toLowerCase())
      expect(upperCase(text)).toBe(text.toUpperCase())
    }),
    { numRuns: 2000 },
  )
})

test('one letter may become several, and half a pair stays', () => {
  expect(upperCase('straße ﬁn \u0390')).toBe('STRASSE FIN \u0399\u0308\u0301')
  expect(lowerCase('\u0130X')).toBe('i\u0307x')
  expect(upperCase('\ud801é\udc28')).toBe('\ud801É\udc28')
  expect(upperCase('𐐨')).toBe('𐐀')
})

test('the methods of a realm take what the language takes', () => {
  const realm = { toLowerCase: String.prototype.toLowerCase, toUpperCase: String.prototype.toUpperCase }
  unifyLetterCase(realm)
  expect([realm.toLowerCase.call('ABC'), realm.toUpperCase.call('zürich')]).toEqual(['abc', 'ZÜRICH'])
  expect(realm.toUpperCase.call(12 as never)).toBe('12')
  expect(() => realm.toUpperCase.call(undefined as never)).toThrow(TypeError)
})
