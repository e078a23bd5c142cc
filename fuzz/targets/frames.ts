import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { isMillraceError } from '../../src/errors.ts'
import { integer, record, string } from '../../src/formats/schema.ts'
import { anyData } from '../../src/formats/value.fixture.ts'
import { edgeDecoder, edgeEncoder, splitFrame } from '../../src/stage/frame.ts'
import { FrameReader } from '../../src/stage/frame-reader.ts'
import { FrameWriter } from '../../src/stage/frame-writer.ts'
import { HeldFrames } from '../../src/stage/held-frames.ts'
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

/**
 * What travels between stages. The first byte says whether values are rows. A frame that is held has the records of one that is read, or
 * both are refused; one that was split has the same records.
 */
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
    const schema = ((input[0] ?? 0) & 1) === 1 ? Row : undefined
    const held = heldRecords(frame, new FrameReader(edgeDecoder(schema), 'fuzz'))
    const whole: Envelope[] = []
    const reader = new FrameReader(edgeDecoder(schema), 'fuzz')
    try {
      reader.read(frame, (envelope) => whole.push(envelope))
    } catch (error) {
      if (held !== undefined) broken('a held frame is taken that is refused when it is read')
      throw error
    }
    if (!isDeepStrictEqual(held, whole)) broken('a held frame has other records')
    const parts: Envelope[] = []
    for (const part of splitFrame(frame, 'fuzz', (hash) => hash & 3).values()) {
      reader.read(part, (envelope) => parts.push(envelope))
    }
    if (parts.length !== whole.length) broken('a split frame has other records')
    for (const one of parts) if (!whole.some((other) => isDeepStrictEqual(one, other))) broken('a split record differs')
  },
}

/** Undefined where the frame is refused. */
function heldRecords(frame: Uint8Array, reader: FrameReader): Envelope[] | undefined {
  const held: (() => Envelope)[] = []
  try {
    reader.hold(frame, new HeldFrames(), (identity, by, at) => {
      const { time, origin, split, position, path } = identity
      held.push(() => ({ time, origin, split, position, path, value: by.take(at) }))
    })
    return held.map((take) => take())
  } catch (error) {
    if (isMillraceError(error)) return undefined
    throw error
  }
}

function plainJson(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
