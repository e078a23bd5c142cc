import type { Decoder, DecoderState } from '../../src/formats/decoder.ts'

export interface Piece {
  readonly outcome: unknown
  readonly reason: string | undefined
  readonly position: number
  readonly consumed: number
  readonly row: number
}

/** All pieces a decoder makes of the bytes, cut in chunks of these sizes over and over; and the states after each. */
export function piecesOf(
  decoder: Decoder<unknown>,
  bytes: Uint8Array,
  sizes: readonly number[],
): { readonly pieces: readonly Piece[]; readonly states: readonly DecoderState[] } {
  const pieces: Piece[] = []
  const states: DecoderState[] = [decoder.state()]
  const drain = (): void => {
    while (decoder.next()) {
      const { rejected, rejection, record, position, consumed, row } = decoder
      const outcome = rejected ? { code: rejection.code } : record
      pieces.push({ outcome, reason: rejected ? rejection.reason : undefined, position, consumed, row })
      states.push(decoder.state())
    }
  }
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length])
    const chunk = bytes.slice(at, at + size)
    decoder.push(chunk)
    drain()
    chunk.fill(0x22)
    at += size
  }
  decoder.end()
  drain()
  return { pieces, states }
}

/** Pieces without their reasons: what a reference says. */
export function bare(pieces: readonly Piece[]): Omit<Piece, 'reason'>[] {
  return pieces.map(({ outcome, position, consumed, row }) => ({ outcome, position, consumed, row }))
}

/** Sizes of chunks that follow from the bytes. */
export function sizesOf(bytes: Uint8Array): number[] {
  return [...bytes.subarray(0, 5)].map((byte) => 1 + (byte % 23)).concat(7)
}
