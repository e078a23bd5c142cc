import { isDeepStrictEqual } from 'node:util'
import { ByteReader } from '../../src/bytes/reader.ts'
import { ByteWriter } from '../../src/bytes/writer.ts'
import { plainRowCodec, rowCodec } from '../../src/formats/row-codec.ts'
import { boolean, integer, number, record, string, time } from '../../src/formats/schema.ts'
import { anyData } from '../../src/formats/value.fixture.ts'
import { decodeValue, encodeValue } from '../../src/formats/value-codec.ts'
import { broken, type FuzzTarget } from '../target.ts'

const Row = record({
  ...{ s: string(), n: number().nullable(), i: integer(), a: number(), b: boolean().nullable() },
  ...{ t: time(), u: string().nullable(), c: boolean() },
})
const row = { s: 'é', n: null, i: 5, a: -0.5, b: true, t: 1e12, u: 'x', c: false }
const generated = rowCodec(Row)
const plain = plainRowCodec(Row)

function bytesOf(first: number, write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter()
  writer.u8(first)
  write(writer)
  return writer.finish()
}

/** The value codec and the rows of a schema: what is read must be written the same, and both row codecs agree. */
export const target: FuzzTarget = {
  name: 'values',
  corpus: () => [
    ...[null, undefined, -0, NaN, 12345678901234567890n, 'a\ud800', new Uint8Array(3), [1, [2]], { a: { b: [] } }].map(
      (value) => bytesOf(0, (writer) => encodeValue(value, writer)),
    ),
    bytesOf(1, (writer) => generated.encode(row, writer)),
    bytesOf(1, (writer) => generated.encode({ ...row, n: 1, b: null, u: null }, writer)),
  ],
  structured: anyData.map((value) => bytesOf(0, (writer) => encodeValue(value, writer))),
  run(input) {
    const bytes = input.subarray(1)
    if (((input[0] ?? 0) & 1) === 0) value(bytes)
    else rows(bytes)
  },
}

function value(bytes: Uint8Array): void {
  const reader = new ByteReader(bytes, 'fuzz')
  const read = decodeValue(reader)
  const writer = new ByteWriter()
  encodeValue(read, writer)
  const back = decodeValue(new ByteReader(writer.finish(), 'fuzz'))
  if (!isDeepStrictEqual(back, read)) broken('a value does not come back')
}

function rows(bytes: Uint8Array): void {
  const [a, b] = [generated, plain].map((codec) => outcome(() => codec.decode(new ByteReader(bytes, 'fuzz'))))
  if (!isDeepStrictEqual(a, b)) broken('the two row codecs differ')
  if (a === undefined) return
  const writer = new ByteWriter()
  generated.encode(a as never, writer)
  if (!isDeepStrictEqual(generated.decode(new ByteReader(writer.finish(), 'fuzz')), a))
    broken('a row does not come back')
}

function outcome(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    if ((error as { code?: string }).code === 'ML_CORRUPT') return undefined
    throw error
  }
}
