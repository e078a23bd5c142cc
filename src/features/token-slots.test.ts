import { describe, expect, it } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
import { utf8Write } from '../bytes/utf8.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { number, record, string } from '../formats/schema.ts'
import { murmur3 } from '../numeric/murmur3.ts'
import { FeatureEncoder } from './feature-encoder.ts'
import { activeCapacity, fixedSlots } from './feature-spec.ts'
import { features, type TextOptions } from './features.ts'

const Mail = record({ body: string().nullable(), from: string(), size: number() })
const mail = { body: 'Win a prize, WIN now', from: 'a@b', size: 3 }

function encoderOf(options?: TextOptions, mode?: 'perKey'): FeatureEncoder {
  return new FeatureEncoder(
    features(Mail).numeric('size').categorical('from', { hashBits: 4 }).text('body', options).spec,
    { mode },
  )
}

function named(encoder: FeatureEncoder, input: object, grow = true): Record<string, number> {
  const out = encoder.vector()
  encoder.encode(input, out, grow)
  const { active, values, activeCount } = out
  return Object.fromEntries(Array.from({ length: activeCount }, (_, i) => [encoder.slotName(active[i]), values[i]]))
}

describe('the words of a text as features', () => {
  it('have their count as value, each slot once, in the order of the text', () => {
    const encoder = encoderOf()
    expect(named(encoder, mail)).toEqual({ 'from=a@b': 1, 'body=win': 2, 'body=a': 1, 'body=prize': 1, 'body=now': 1 })
    expect(Object.keys(named(encoder, { ...mail, body: 'now or a prize' }))).toEqual([
      'from=a@b',
      'body=now',
      'body=or',
      'body=a',
      'body=prize',
    ])
    expect(named(encoder, mail)['body=win']).toBe(2)
    expect([encoder.valued, encoderOf({ count: 'binary' }).valued]).toEqual([true, false])
    expect(named(encoderOf({ count: 'binary' }), mail)['body=win']).toBe(1)
    expect(named(encoder, { ...mail, body: null })).toEqual({ 'from=a@b': 1 })
  })

  it('have slots by murmur3 of their UTF-8, those of pairs seeded by the first word', () => {
    const encoder = encoderOf({ ngrams: 2, hashBits: 10 })
    const out = encoder.vector()
    encoder.encode({ ...mail, body: 'É b' }, out, true)
    const hash = (word: string, seed = 0): number => {
      const bytes = new Uint8Array(9)
      return murmur3(bytes, 0, utf8Write(word, bytes, 0), seed)
    }
    const slots = [hash('é'), hash('b'), hash('b', hash('é'))].map((each) => 1 + 16 + (each & 1023))
    expect([...out.active.subarray(1, out.activeCount)]).toEqual(slots)
    expect(slots.map((slot) => encoder.slotName(slot))).toEqual(['body=é', 'body=b', 'body=é b'])
    expect(encoder.slotName(17)).toMatch(/^body#0$/)
    expect([encoder.isHashed(slots[0]), encoder.isHashed(0), encoder.inputOf(slots[0])]).toEqual([true, false, 1])
  })

  it('are read up to the bound, and texts cut there are counted', () => {
    const encoder = encoderOf({ maxTokens: 3, ngrams: 2 })
    expect(Object.keys(named(encoder, mail)).slice(1)).toEqual([
      'body=win',
      'body=a',
      'body=win a',
      'body=prize',
      'body=a prize',
    ])
    expect(activeCapacity(encoder.spec)).toBe(1 + 5)
    expect(encoder.overflowed).toBe(1)
    expect(Object.keys(named(encoder, { ...mail, body: 'one two three.' })).length).toBe(6)
    expect(encoder.overflowed).toBe(1)
  })

  it('share slots where hashes meet: their counts add up', () => {
    const out = encoderOf({ hashBits: 1 }).vector()
    encoderOf({ hashBits: 1 }).encode({ ...mail, body: 'a b c d e f g h' }, out, true)
    expect(out.activeCount).toBeLessThanOrEqual(3)
    expect(out.values.subarray(1, out.activeCount).reduce((sum, value) => sum + value)).toBe(8)
  })

  it('are found again after a restore and after an edit of the other features, and need no names per key', () => {
    const encoder = encoderOf()
    const before = named(encoder, mail)
    const writer = new ByteWriter()
    encoder.snapshot(writer)
    const edited = new FeatureEncoder(
      features(Mail).text('body', { count: 'binary', maxTokens: 9 }).numeric('size').spec,
    )
    const map = edited.restore(new ByteReader(writer.finish(), 'test'))
    expect(map.slots[1 + 16]).toBe(1)
    expect(Object.keys(named(edited, mail))).toEqual(Object.keys(before).slice(1))
    const perKey = encoderOf(undefined, 'perKey')
    expect(Object.keys(named(perKey, mail)).every((name) => /#\d+$/.test(name))).toBe(true)
    expect(fixedSlots(perKey.spec)).toBe(1 + 16 + 2 ** 18)
    expect(perKey.slots).toBe(fixedSlots(perKey.spec))
  })

  it('have options within their ranges', () => {
    for (const options of [
      { hashBits: 25 },
      { hashBits: 0 },
      { maxTokens: 0 },
      { maxTokens: 10_001 },
      { ngrams: 3 },
      { count: 'tf' },
    ]) {
      expect(() => encoderOf(options as never), JSON.stringify(options)).toThrow(/ML_RANGE/)
    }
    expect(() => features(Mail).text('size' as never)).toThrow(/ML_SCHEMA.*number, not string/)
  })
})
