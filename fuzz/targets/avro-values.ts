import avsc from 'avsc'
import { ByteWriter } from '../../src/bytes/writer.ts'
import { AvroValue, avro } from '../../src/formats/avro.ts'
import { AvroEncoder } from '../../src/formats/avro-encode.ts'
import { boolean, integer, number, type RecordSchema, record, string, time } from '../../src/formats/schema.ts'
import { demandSame, type FuzzTarget } from '../target.ts'

const list = { type: 'record', name: 'List', fields: [{ name: 'next', type: ['null', 'List'] }] }
const color = { type: 'enum', name: 'Color', symbols: ['RED', 'GREEN', 'BLUE'] }

interface Variant {
  readonly json: { readonly type: 'record'; readonly name: string; readonly fields: readonly object[] }
  readonly schema: RecordSchema<unknown>
  readonly rows: readonly unknown[]
}

function variant(
  fields: { [name: string]: unknown },
  schema: RecordSchema<unknown>,
  rows: readonly unknown[],
): Variant {
  const list = Object.entries(fields).map(([name, type]) => ({ name, type }))
  return { json: { type: 'record', name: 'Row', fields: list }, schema, rows }
}

const VARIANTS: readonly Variant[] = [
  variant(
    { s: 'string', d: 'double', f: 'float', i: 'int', l: 'long', b: 'boolean', e: color },
    record({ s: string(), d: number(), f: number(), i: integer(), l: integer(), b: boolean(), e: string() }),
    [{ s: 'é', d: -0, f: 1.5, i: -2147483648, l: 2 ** 50, b: true, e: 'BLUE' }],
  ),
  variant(
    {
      skip: { type: 'array', items: { type: 'map', values: ['null', 'bytes', color] } },
      nulls: { type: 'array', items: 'null' },
      list,
      x: ['null', 'long', 'string'],
      again: ['null', 'List'],
    },
    record({ x: number().nullable() }),
    [
      {
        skip: [{ a: null, b: { bytes: Buffer.from('x') } }, { c: { Color: 'RED' } }],
        nulls: [null, null],
        list: { next: { List: { next: null } } },
        x: { long: 5 },
        again: { List: { next: null } },
      },
    ],
  ),
  variant(
    {
      at: { type: 'long', logicalType: 'timestamp-millis' },
      us: ['null', { type: 'long', logicalType: 'timestamp-micros' }],
      day: { type: 'int', logicalType: 'date' },
      t: 'string',
      id: { type: 'fixed', name: 'Id', size: 16, logicalType: 'uuid' },
    },
    record({
      at: time(),
      us: time().nullable(),
      day: time({ utcOffset: 'Z' }),
      t: time({ utcOffset: 'Z' }),
      id: string(),
    }),
    [{ at: 1e12, us: { long: 1e15 }, day: 15000, t: '2013-01-01T05:15:00', id: Buffer.alloc(16, 0xab) }],
  ),
]
const readers = VARIANTS.map(({ json, schema }) => new AvroValue(avro(json), schema.fields))
const writers = VARIANTS.map(({ json }) => new AvroEncoder(avro(json)))
const others = VARIANTS.map(({ json }) => avsc.Type.forSchema(json as never, { wrapUnions: true }))

/**
 * The first byte chooses the schema. Of the first one, what is accepted must be what avsc reads, and come back from our own
 * encoder. (Of the others avsc takes hours, where an array has two billion nulls.)
 */
export const target: FuzzTarget = {
  name: 'avro',
  corpus: () =>
    VARIANTS.flatMap(({ rows }, i) => rows.map((row) => Uint8Array.of(i, ...others[i].toBuffer(row as never)))),
  dictionary: [
    Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1),
    Uint8Array.of(0xfe, 0xff, 0xff, 0xff, 0x0f),
    Uint8Array.of(2, 2, 2, 2, 2, 2, 2, 2),
    Uint8Array.of(1, 2),
    Uint8Array.of(0xc0, 0x80),
  ],
  run(input) {
    const i = (input[0] ?? 0) % VARIANTS.length
    const bytes = input.slice(1)
    const reader = readers[i]
    if (!reader.read(bytes, new DataView(bytes.buffer), 0, bytes.length)) return
    const values = reader.values.slice()
    if (i === 0) {
      const names = VARIANTS[i].schema.fields.map(({ name }) => name)
      // Past 2^52 avsc loses the lowest bit, which is the sign.
      const exact = values.every((value) => typeof value !== 'number' || Math.abs(value) < 2 ** 52)
      if (exact) demandSame(values, theirs(bytes, names) ?? values, 'the values that avsc reads')
      const writer = new ByteWriter()
      writers[i].encode(Object.fromEntries(names.map((name, k) => [name, values[k]])), writer)
      const back = writer.finish()
      reader.read(back, new DataView(back.buffer), 0, back.length)
      demandSame(reader.values, values, 'the values written and read back')
    }
  },
}

/** The fields as avsc reads them; undefined where it cannot: it takes no long past 2^53, not even one that is stepped over. */
function theirs(bytes: Uint8Array, names: readonly string[]): unknown[] | undefined {
  let row: { [name: string]: unknown }
  try {
    row = others[0].fromBuffer(Buffer.from(bytes)) as never
  } catch (error) {
    if (/potential precision loss|invalid/.test(String(error))) return undefined
    throw error
  }
  return names.map((name) => row[name])
}
