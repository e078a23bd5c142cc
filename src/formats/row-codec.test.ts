import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { plainRowCodec, type RowCodec, rowCodec } from './row-codec.ts'
import { boolean, integer, number, type RecordSchema, record, schemaFromJSON, string, time } from './schema.ts'
import { schemaAndRow } from './value.fixture.ts'

function encode<T>(codec: RowCodec<T>, row: T): Uint8Array {
  const writer = new ByteWriter(1)
  codec.encode(row, writer)
  return writer.finish()
}

function decode<T>(codec: RowCodec<T>, bytes: Uint8Array): T {
  const reader = new ByteReader(bytes, 'row')
  const row = codec.decode(reader)
  reader.expectEnd()
  return row
}

const codecs: [string, <T>(schema: RecordSchema<T>) => RowCodec<T>][] = [
  ['generated', rowCodec],
  ['plain', plainRowCodec],
]

describe('row codec', () => {
  test('gives every record back, with the same bytes whether generated or plain', () => {
    fc.assert(
      fc.property(schemaAndRow, ([schema, row]) => {
        const bytes = encode(rowCodec(schema), row)
        expect(encode(plainRowCodec(schema), row)).toEqual(bytes)
        for (const [, codec] of codecs) {
          const back = decode(codec(schema), bytes)
          expect(isDeepStrictEqual(back, row)).toBe(true)
          expect(Object.keys(back)).toEqual(Object.keys(row))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('really generates, and really does without where code generation is forbidden', () => {
    const schema = record({ a: number() })
    expect(rowCodec(schema).decode.toString()).toContain('reader.f64()')
    expect(plainRowCodec(schema).decode.toString()).not.toContain('const v0')
    const original = globalThis.Function
    globalThis.Function = (() => {
      throw new EvalError('Code generation from strings disallowed for this context')
    }) as never
    let codec: RowCodec<{ readonly a: number }>
    try {
      codec = rowCodec(schema)
    } finally {
      globalThis.Function = original
    }
    expect(codec.decode.toString()).not.toContain('const v0')
    expect(decode(codec, encode(codec, { a: 1.5 }))).toEqual({ a: 1.5 })
  })

  for (const [name, codec] of codecs) {
    describe(name, () => {
      const schema = record({ s: string(), n: number().nullable(), b: boolean().nullable(), i: integer(), t: time() })
      const row = { s: 'é', n: null, b: true, i: -3, t: 1.5 }

      test('writes version 1 bytes for ever', () => {
        expect(Buffer.from(encode(codec(schema), row)).toString('hex')).toBe(
          `01${'02c3a9'}${'01'}${'00000000000008c0'}${'000000000000f83f'}`,
        )
        expect(Buffer.from(encode(codec(record({ x: number() })), { x: -0 })).toString('hex')).toBe('0000000000000080')
      })

      test('refuses a record that is not of the schema, by the field', () => {
        const refused =
          (bad: object): (() => void) =>
          () =>
            encode(codec(schema), { ...row, ...bad } as never)
        expect(refused({ s: 1 })).toThrow('ML_VALUE: .s is not a string; got 1 at a record of a schema.')
        expect(refused({ n: '1' })).toThrow('ML_VALUE: .n is not a number or null; got "1"')
        expect(refused({ n: undefined })).toThrow('ML_VALUE: .n is not a number or null')
        expect(refused({ i: null })).toThrow('ML_VALUE: .i is not an integer; got null')
        const writer = new ByteWriter()
        writer.string('before')
        expect(() => codec(schema).encode({ ...row, t: 'late' } as never, writer)).toThrow('ML_VALUE: .t is not a time')
        expect(writer.length).toBe(7)
        expect(refused({ b: 0 })).toThrow('ML_VALUE: .b is not a boolean or null; got 0')
      })

      test('refuses a bit of null past those of the schema', () => {
        const one = codec(record({ n: number().nullable() }))
        expect(decode(one, Uint8Array.of(1))).toEqual({ n: null })
        expect(() => decode(one, Uint8Array.of(3))).toThrow('ML_CORRUPT: a row marks fields as null')
      })

      test('refuses damaged bytes as corrupt and never otherwise', () => {
        const bytes = encode(codec(schema), row)
        for (let cut = 0; cut < bytes.length; cut++) {
          expect(() => decode(codec(schema), bytes.subarray(0, cut))).toThrow('ML_CORRUPT')
        }
        for (const [at, byte] of [
          [0, 4],
          [0, 128],
          [1, 0xff],
          [1, 100],
          [2, 0xff],
          [4, 2],
        ]) {
          const damaged = bytes.slice()
          damaged[at] = byte
          expect(() => decode(codec(schema), damaged)).toThrow('ML_CORRUPT')
        }
      })
    })
  }

  test('has room for more than eight nullable fields', () => {
    const names = Array.from({ length: 19 }, (_, i) => `f${i}`)
    const schema = schemaFromJSON({ fields: names.map((name) => ({ name, type: 'boolean', nullable: true })) })
    for (const [, codec] of codecs) {
      for (let at = 0; at < 19; at++) {
        const row = Object.fromEntries(names.map((name, i) => [name, i === at ? null : i % 2 === 0]))
        expect(decode(codec(schema), encode(codec(schema), row))).toEqual(row)
      }
    }
  })
})
