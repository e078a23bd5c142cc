import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wtf8Read } from '../bytes/utf8.ts'
import { lowerPoint } from '../formats/letter-case.ts'
import { referenceWords } from './tokenizer.reference.ts'
import { Tokenizer } from './tokenizer.ts'

// The engine's tables are the oracle where they are of the same Unicode version.
const sameVersion = process.versions.unicode === '17.0'

function wordsOf(text: string, lowercase = true): string[] {
  const tokenizer = new Tokenizer(lowercase)
  tokenizer.start(text)
  const words: string[] = []
  while (tokenizer.next()) words.push(wtf8Read(tokenizer.bytes, 0, tokenizer.length))
  return words
}

describe('Tokenizer', () => {
  it('finds runs of letters and digits, in lower case', () => {
    expect(wordsOf("FREE entry: don't miss £1,000!! Call 0800-CASH now_")).toEqual(
      'free entry don t miss 1 000 call 0800 cash now'.split(' '),
    )
    expect(wordsOf('Zürich Straße ΟΔΟΣ οδος Жизнь')).toEqual(['zürich', 'straße', 'οδοσ', 'οδοσ', 'жизнь'])
    expect(wordsOf('FREE Entry', false)).toEqual(['FREE', 'Entry'])
    expect(wordsOf('')).toEqual([])
    expect(wordsOf(' ...\ud83d\ude00 \ud83d')).toEqual([])
  })

  it('has accents belong to the letter before them, and a word for each Han or kana letter', () => {
    expect(wordsOf('e\u0301te\u0301 \u0301x')).toEqual(['e\u0301te\u0301', 'x'])
    expect(wordsOf('東京tower カナ')).toEqual(['東', '京', 'tower', 'カ', 'ナ'])
    expect(wordsOf('हिन्दी')).toEqual(['हिन्दी'])
  })

  it('reads 64 letters of a word and passes over the rest of it', () => {
    expect(wordsOf(`${'a'.repeat(65)}b c`)).toEqual(['a'.repeat(64), 'c'])
    expect(wordsOf(`${'𐐀'.repeat(70)} c`)).toEqual(['𐐨'.repeat(64), 'c'])
  })

  it('knows every letter of Unicode 17 and its lower case', () => {
    const tokenizer = new Tokenizer(true)
    const isLetter = /[\p{L}\p{N}]/u
    const wrong: string[] = []
    for (let point = 0; point < (sameVersion ? 0x110000 : 0x250); point++) {
      const letter = String.fromCodePoint(point)
      const small = letter.toLowerCase()
      if (lowerPoint(point) !== small.codePointAt(0)) wrong.push(letter)
      tokenizer.start(letter)
      if (tokenizer.next() !== isLetter.test(letter)) wrong.push(letter)
      if (tokenizer.length === 0 || small.length !== letter.length || letter === 'ς') continue
      if (wtf8Read(tokenizer.bytes, 0, tokenizer.length) !== small) wrong.push(letter)
    }
    expect(wrong).toEqual([])
  })

  it('gives what a regular expression over Unicode gives on random texts', () => {
    const unit = fc.constantFrom(...'aAzZ09 _-.éÉßΣςЖ\u0301東京あアـ١٢ๆ𐐀😀\ud83dİI')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 80 }), fc.boolean(), (text, lowercase) => {
        expect(wordsOf(text, lowercase)).toEqual(referenceWords(text, lowercase))
      }),
      { numRuns: 2000 },
    )
  })
})
