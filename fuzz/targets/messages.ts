import fc from 'fast-check'
import { isMillraceError } from '../../src/errors.ts'
import { avro } from '../../src/formats/avro.ts'
import { All, generator, lineOf } from '../../src/formats/json-lines.fixture.ts'
import { framesOf, header, message } from '../../src/formats/messages.fixture.ts'
import { type MessagesOptions, messagesDecoder } from '../../src/formats/messages.ts'
import { integer, number, type RecordSchema, record, string, time } from '../../src/formats/schema.ts'
import { broken, demandSame, type FuzzTarget, textBytes } from '../target.ts'
import { JSON_WORDS } from './json-lines.ts'
import { type Piece, piecesOf, sizesOf } from './pieces.ts'

const Beside = record({
  ...{ text: string().nullable(), key: string().nullable(), n: number().nullable(), at: time().nullable() },
  ...{ partition: integer(), topic: string(), offset: integer(), h: integer().nullable() },
})
const metadata = {
  ...{ key: 'key', at: 'timestamp', partition: 'partition', topic: 'topic', offset: 'offset', h: 'header.h' },
}
const Point = record({ x: number(), s: string().nullable() })
const point = {
  type: 'record',
  name: 'P',
  fields: [
    { name: 'x', type: 'double' },
    { name: 's', type: ['null', 'string'] },
  ],
}

const VARIANTS: readonly { readonly schema: RecordSchema<unknown>; readonly options: MessagesOptions }[] = [
  { schema: All, options: { value: { name: 'json' } } },
  { schema: Beside, options: { value: { name: 'raw', field: 'text' }, metadata: { ...metadata, n: 'header.n' } } },
  { schema: Beside, options: { value: { name: 'json' }, metadata, maxRecordBytes: 120 } },
  { schema: Point, options: { value: avro({ registry: { 1: point } }) } },
]
const FRAMES = 16

/** The first byte chooses the options, and whether the rest is frames or the value of one message. */
export const target: FuzzTarget = {
  name: 'messages',
  corpus() {
    const next = generator(9)
    const lines = Array.from({ length: 20 }, () => lineOf(next))
    const headers = [header('h', '5'), header('n', '-1.5'), header('h', null)]
    const frames = framesOf(
      lines.map((line, i) =>
        message(i, i % 5 === 4 ? null : line, { key: textBytes(`k${i}`), timestamp: i * 1e9, headers }),
      ),
    )
    const binary = Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 2, 2, 0x61)
    return VARIANTS.flatMap((_variant, i) => [
      ...[frames, framesOf([message(0, binary)])].map((bytes) => with1st(i | FRAMES, bytes)),
      ...lines.map((line) => with1st(i, textBytes(line))),
      with1st(i, binary),
    ])
  },
  structured: fc
    .array(
      fc.record({
        offset: fc.nat(),
        timestamp: fc.oneof(fc.constant(NaN), fc.double()),
        key: fc.option(fc.uint8Array({ maxLength: 8 })),
        headers: fc.array(
          fc.record({ name: fc.constantFrom('h', 'n', ''), value: fc.option(fc.uint8Array({ maxLength: 5 })) }),
          { maxLength: 3 },
        ),
        value: fc.option(fc.oneof(fc.json().map(textBytes), fc.uint8Array())),
      }),
      { maxLength: 5 },
    )
    .map((messages) => with1st(FRAMES | messages.length, framesOf(messages))),
  dictionary: [...JSON_WORDS, '['.repeat(20_000), '{"a":'.repeat(4000)],
  run(input) {
    const first = input[0] ?? 0
    const { schema, options } = VARIANTS[first & 3]
    const rest = input.subarray(1)
    const bytes = (first & FRAMES) === 0 ? framesOf([message(first, rest)]) : rest
    const whole = decoded(schema, options, bytes, [bytes.length])
    const cut = decoded(schema, options, bytes, sizesOf(bytes))
    // Of damaged frames as many may be handed out as were whole when their chunk came.
    if (whole === undefined || cut === undefined) {
      if (whole !== cut) broken('frames are damaged in some chunks only')
      if ((first & FRAMES) === 0) broken('a message in a good frame is taken for damage')
      return
    }
    demandSame(cut, whole, 'the same pieces from smaller chunks')
  },
}

/** Undefined: the frames are damaged, which only our own connectors could do. */
function decoded(
  schema: RecordSchema<unknown>,
  options: MessagesOptions,
  bytes: Uint8Array,
  sizes: readonly number[],
): readonly Piece[] | undefined {
  const decoder = messagesDecoder(schema, options, 'topic/0')
  try {
    return piecesOf(decoder, bytes, sizes).pieces
  } catch (error) {
    if (isMillraceError(error) && (error as { code: string }).code === 'ML_CORRUPT') return undefined
    throw error
  }
}

function with1st(first: number, bytes: Uint8Array): Uint8Array {
  const all = new Uint8Array(1 + bytes.length)
  all[0] = first
  all.set(bytes, 1)
  return all
}
