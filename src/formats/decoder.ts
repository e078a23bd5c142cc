import type { ErrorCode } from '../errors.ts'

/** Why a piece of the input is no record. */
export interface Rejection {
  readonly code: ErrorCode
  readonly reason: string
  /** The piece as text, at most 4 KB of it, bytes that are not UTF-8 escaped as `\xNN`. */
  readonly raw: string
}

/** Where a decoder stands between two pieces: plain JSON, kept in a checkpoint as the state of a split. */
export interface DecoderState {
  /** Offset, in the uncompressed bytes, of the first byte not yet handed out. */
  readonly consumed: number
  /** Pieces handed out so far, records and rejected ones. */
  readonly row: number
  /** Column names of the header line once it was read; null where the format has none. */
  readonly header: readonly string[] | null
}

/**
 * The contract between a format and the source task: bytes in, records and rejected pieces out, one at a time.
 *
 * A decoder belongs to one split. Given the state of another decoder and the bytes from its `consumed` on, it hands out
 * exactly what that one had still to come, whatever the chunks are. Malformed input never stops it.
 */
export interface Decoder<T> {
  /** Takes bytes. The chunk may be reused by the caller when `push` returns if `next()` had returned false before. */
  push(chunk: Uint8Array): void
  /** No more bytes will come: a last line without line break is a piece. */
  end(): void
  /** Moves to the next piece; false when it needs more bytes, or after the last one. */
  next(): boolean
  /** After `next()` returned true: whether the piece is a `rejection` rather than a `record`. */
  readonly rejected: boolean
  readonly record: T
  readonly rejection: Rejection
  /** Offset, in the uncompressed bytes, where the current piece starts. */
  readonly position: number
  /** Offset after it: where reading resumes. */
  readonly consumed: number
  /** Count of pieces before the current one, the header not counted. */
  readonly row: number
  state(): DecoderState
}
