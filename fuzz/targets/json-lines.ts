import fc from 'fast-check'
import { All, generator, lineOf } from '../../src/formats/json-lines.fixture.ts'
import { referenceJsonLines } from '../../src/formats/json-lines.reference.ts'
import { jsonDecoder } from '../../src/formats/json-lines.ts'
import { demandSame, type FuzzTarget, textBytes } from '../target.ts'
import { bare, piecesOf, sizesOf } from './pieces.ts'

export const JSON_WORDS = [
  ...['{', '}', '[', ']', ':', ',', '"', '\\', '\\u', '\\ud800', '\\u0000', '\\n', '\n', '\r\n', '\ufeff'],
  ...['null', 'true', 'false', '1e999', '-0', '0.1', '12345678901234567890', '"s":', '"__proto__":', '{"a":'],
  '['.repeat(70),
  Uint8Array.of(0xed, 0xa0, 0x80),
  Uint8Array.of(0xc0, 0x80),
]

const LINE_BYTES = 400

/** Checked against the plain reference, which asks JSON.parse, and for all chunks alike. */
export const target: FuzzTarget = {
  name: 'json-lines',
  corpus() {
    const next = generator(5)
    return Array.from({ length: 60 }, (_unused, i) =>
      textBytes(Array.from({ length: 1 + (i % 3) }, () => lineOf(next)).join('\n')),
    )
  },
  structured: fc.json({ maxDepth: 5 }).map(textBytes),
  dictionary: JSON_WORDS,
  run(bytes) {
    const options = { maxRecordBytes: LINE_BYTES }
    const whole = piecesOf(jsonDecoder(All, options), bytes, [bytes.length])
    const cut = piecesOf(jsonDecoder(All, options), bytes, sizesOf(bytes))
    demandSame(cut.pieces, whole.pieces, 'the same pieces from smaller chunks')
    const expected = referenceJsonLines(bytes, All, LINE_BYTES)
    demandSame(bare(whole.pieces).map(anyCode), expected.map(anyCode), 'the pieces of the reference')
  },
}

/** A line that is wrong in two ways may be refused for either. */
function anyCode(piece: { readonly outcome: unknown }): unknown {
  const { code } = piece.outcome as { readonly code?: unknown }
  return typeof code === 'string' && code !== 'ML_RECORD_SIZE' ? { ...piece, outcome: 'rejected' } : piece
}
