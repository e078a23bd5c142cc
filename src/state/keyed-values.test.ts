import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { KeyEncoder, keyText } from './key.ts'
import type { KeyedCapture } from './keyed-capture.ts'
import { KeyedValues } from './keyed-values.ts'

const groups = 2
const encoder = new KeyEncoder(groups)
const encode = (value: string, writer: ByteWriter) => writer.string(value)
const decode = (reader: ByteReader) => reader.string()

function keyOf(n: number): [text: string, group: number] {
  const key = encoder.encode(n % 3 === 0 ? `key ${n}` : n)
  return [keyText(key), key.group]
}

function written(capture: KeyedCapture<string>, group: number): Uint8Array {
  const writer = new ByteWriter()
  capture.writeGroup(group, writer)
  return writer.finish()
}

/** A group's bytes from the description of the format. */
function described(entries: ReadonlyMap<string, string>): Uint8Array {
  const writer = new ByteWriter()
  writer.raw(Buffer.from('KVAL'))
  writer.u32(1)
  writer.u32(entries.size)
  const sorted = [...entries].map(([text, value]) => [Buffer.from(text, 'latin1'), value] as const)
  for (const [bytes, value] of sorted.sort(([a], [b]) => Buffer.compare(a, b))) {
    writer.blob(bytes)
    writer.string(value)
  }
  return writer.finish()
}

const number = fc.nat(25)
const step = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant('set' as const), number, fc.string({ maxLength: 3 })) },
  { weight: 5, arbitrary: fc.tuple(fc.constant('delete' as const), number, fc.constant('')) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('capture' as const), number, fc.constant('')) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('check' as const), fc.nat(4), fc.constant('')) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('release' as const), fc.nat(4), fc.constant('')) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('restore' as const), number, fc.constant('restored')) },
)

describe('KeyedValues', () => {
  test('agrees with maps, and every open capture with a frozen copy, byte for byte', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const values = new KeyedValues<string>({ keyGroups: groups, where: 'test' })
        const maps = [new Map<string, string>(), new Map<string, string>()]
        const open: { capture: KeyedCapture<string>; frozen: Map<string, string>[] }[] = []
        const check = ({ capture, frozen }: (typeof open)[0]) => {
          for (let group = 0; group < groups; group++) expect(written(capture, group)).toEqual(described(frozen[group]))
        }
        for (const [what, n, value] of [...steps, ['capture', 0, ''] as const]) {
          const [text, group] = keyOf(n)
          if (what === 'set') {
            values.set(text, group, value)
            maps[group].set(text, value)
          } else if (what === 'delete') {
            expect(values.delete(text, group)).toBe(maps[group].delete(text))
          } else if (what === 'capture') {
            open.push({ capture: values.capture(encode), frozen: maps.map((map) => new Map(map)) })
          } else if (what === 'restore') {
            maps[group] = new Map([[text, value]])
            values.restoreGroup(group, new ByteReader(described(maps[group]), 'test'), decode)
          } else if (n < open.length) {
            check(open[n])
            if (what === 'release') open.splice(n, 1)[0].capture.release()
          }
          expect(values.size).toBe(maps[0].size + maps[1].size)
          expect(values.get(text, group)).toBe(maps[group].get(text))
          expect(values.has(text, group)).toBe(maps[group].has(text))
        }
        for (const held of open) check(held)
        const seen: string[] = []
        values.forEach(0, (text) => seen.push(text))
        expect(seen).toEqual([...maps[0].keys()].sort())
      }),
      { numRuns: 300 },
    )
  })

  test('refuses a key past maxKeys and goes on with those it holds', () => {
    const values = new KeyedValues<string>({ keyGroups: groups, maxKeys: 1, where: 'operator "a"' })
    values.set(...keyOf(1), 'one')
    expect(() => values.set(...keyOf(2), 'two')).toThrow('ML_STATE_LIMIT: 1 keys are held already at operator "a".')
    values.set(...keyOf(1), 'uno')
    expect([values.get(...keyOf(1)), values.get(...keyOf(2)), values.size]).toEqual(['uno', undefined, 1])
    values.delete(...keyOf(1))
    values.set(...keyOf(2), 'due')
    expect(values.size).toBe(1)
    expect(() => new KeyedValues({ maxKeys: 0, where: 'test' })).toThrow('ML_RANGE')
  })

  test('knows which groups changed since the last capture', () => {
    const values = new KeyedValues<string>({ keyGroups: 1, where: 'test' })
    values.restoreGroup(0, new ByteReader(described(new Map([[keyOf(1)[0], 'one']])), 'test'), decode)
    expect(values.isDirty(0)).toBe(false)
    values.set(keyOf(1)[0], 0, 'uno')
    expect(values.isDirty(0)).toBe(true)
    const first = values.capture(encode)
    expect(values.isDirty(0)).toBe(false)
    values.delete(keyOf(2)[0], 0)
    const second = values.capture(encode)
    expect(second.version(0)).toBe(first.version(0))
    values.delete(keyOf(1)[0], 0)
    expect(values.capture(encode).version(0)).not.toBe(first.version(0))
    first.releaseGroup(0)
    expect(() => written(first, 0)).toThrow('ML_RANGE')
  })

  test('refuses every truncation, disorder and key that is none, and stays as it was', () => {
    const good = described(
      new Map([
        [keyOf(1)[0], 'one'],
        [keyOf(2)[0], 'two'],
        [keyOf(3)[0], 'three'],
      ]),
    )
    const values = new KeyedValues<string>({ keyGroups: 1, where: 'test' })
    values.set(keyOf(9)[0], 0, 'before')
    const restore = (bytes: Uint8Array) => () => values.restoreGroup(0, new ByteReader(bytes, 'group 0'), decode)
    for (let end = 0; end < good.length; end++) expect(restore(good.slice(0, end))).toThrow('ML_CORRUPT')
    expect(restore(good.with(0, 0))).toThrow('not the bytes of keyed values')
    expect(restore(good.with(4, 2))).toThrow('ML_VERSION: the bytes of keyed values have version 2, expected 1')
    expect(restore(good.with(13, 9))).toThrow('bytes are not those of a key')
    expect(restore(good.with(11, 255))).toThrow('ML_CORRUPT')
    const twice = new ByteWriter()
    twice.raw(good, 0, 8)
    twice.u32(2)
    for (let i = 0; i < 2; i++) {
      twice.raw(Buffer.from('0100', 'hex'))
      twice.string('again')
    }
    expect(restore(twice.finish())).toThrow('keys are out of order')
    expect([values.size, values.get(keyOf(9)[0], 0)]).toEqual([1, 'before'])
    restore(good)()
    expect([values.size, values.get(keyOf(3)[0], 0)]).toEqual([3, 'three'])
  })
})
