import { csvDecoder } from './csv.ts'
import type { CsvOptions } from './csv-options.ts'
import type { Decoder, DecoderState } from './decoder.ts'
import { number, type RecordSchema, record, string } from './schema.ts'

export const encoder = new TextEncoder()
export const Flight = record({ id: string(), distance: number(), note: string().nullable() })

export interface Piece {
  outcome: unknown
  raw?: string
  reason?: string
  position: number
  consumed: number
  row: number
}

/** All pieces of the chunks, each with the state after it. */
export function decodeAll(
  decoder: Decoder<unknown>,
  chunks: readonly Uint8Array[],
): { pieces: Piece[]; states: DecoderState[] } {
  const pieces: Piece[] = []
  const states = [decoder.state()]
  const drain = () => {
    while (decoder.next()) {
      const { rejected, rejection, position, consumed, row } = decoder
      const what = rejected
        ? { outcome: { code: rejection.code }, raw: rejection.raw, reason: rejection.reason }
        : { outcome: decoder.record }
      pieces.push({ ...what, position, consumed, row })
      states.push(decoder.state())
    }
  }
  for (const chunk of chunks) {
    const lent = chunk.slice()
    decoder.push(lent)
    lent.fill(0x22) // the chunk is the caller's again
    drain()
  }
  decoder.end()
  drain()
  return { pieces, states }
}

export function decode(
  text: string | Uint8Array,
  schema: RecordSchema<unknown> = Flight,
  options: CsvOptions = {},
): Piece[] {
  return decodeAll(csvDecoder(schema, options), [typeof text === 'string' ? encoder.encode(text) : text]).pieces
}

export const outcomes = (pieces: Piece[]) => pieces.map((piece) => piece.outcome)
export const reasons = (pieces: Piece[]) => pieces.map((piece) => piece.reason)
export const malformed = { code: 'ML_MALFORMED' }
export const wrongField = { code: 'ML_FIELD' }
export const tooLong = { code: 'ML_RECORD_SIZE' }
