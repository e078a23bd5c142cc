import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { integer, record, string } from '../../src/formats/schema.ts'
import { anyData } from '../../src/formats/value.fixture.ts'
import { edgeDecoder, edgeEncoder, splitFrame } from '../../src/stage/frame.ts'
import { FrameReader } from '../../src/stage/frame-reader.ts'
import { FrameWriter } from '../../src/stage/frame-writer.ts'
import type { Envelope } from '../../src/time/identity.ts'
import { broken, type FuzzTarget } from '../target.ts'

const Row = record({ s: string().nullable(), i: integer() })
const PATHS = [-1, 3, [1, 2, 3]]

function frameOf(values: readonly unknown[], rows: boolean): Uint8Array {
  const writer = new FrameWriter(
    edgeEncoder(rows ? Row : undefined),
    (value) => JSON.stringify(value)?.length ?? 0,
    128,
  )
  for (const [i, value] of values.entries()) {
    const place = { origin: i % 3 === 0 ? 'a' : '~b', split: i % 2 === 0 ? 'x' : 'é' }
    writer.add({ time: i * 1000, ...place, position: i, path: PATHS[i % 3], value })
  }
  const frame = writer.take() ?? new Uint8Array(0)
  const bytes = new Uint8Array(1 + frame.length)
  bytes[0] = rows ? 1 : 0
  bytes.set(frame, 1)
  return bytes
}

/** What travels between stages. The first byte says whether values are rows; a frame that was split has the same records. */
export const target: FuzzTarget = {
  name: 'frames',
  corpus: () => [
    frameOf([1, 'a', { a: 1, b: [true] }, { a: 2, b: [] }, { a: { a: 1, b: null } }, null, undefined], false),
    frameOf([{ x: 'y' }], false),
    frameOf(
      [
        { s: null, i: 1 },
        { s: 'é', i: -5 },
        { s: '', i: 7 },
      ],
      true,
    ),
  ],
  structured: fc
    .array(
      anyData.map((value) => JSON.parse(JSON.stringify(value ?? null, plainJson)) as unknown),
      { minLength: 1, maxLength: 6 },
    )
    .map((values) => frameOf(values, false)),
  run(input) {
    const frame = input.slice(1)
    const decoder = edgeDecoder(((input[0] ?? 0) & 1) === 1 ? Row : undefined)
    const whole: Envelope[] = []
    new FrameReader(decoder, 'fuzz').read(frame, (envelope) => whole.push(envelope))
    const parts: Envelope[] = []
    const reader = new FrameReader(edgeDecoder(((input[0] ?? 0) & 1) === 1 ? Row : undefined), 'fuzz')
    for (const part of splitFrame(frame, 'fuzz', (hash) => hash & 3).values()) {
      reader.read(part, (envelope) => parts.push(envelope))
    }
    if (parts.length !== whole.length) broken('a split frame has other records')
    for (const one of parts) if (!whole.some((other) => isDeepStrictEqual(one, other))) broken('a split record differs')
  },
}

function plainJson(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
