import type { ErrorCode } from '../errors.ts'
import { RAW_BYTES, rawText } from './raw-text.ts'

const CARRIAGE_RETURN = 13

/** A piece of the input that was given up and whose end is still sought. Kept are only why, where, and its head. */
export class SkippedPiece {
  code: ErrorCode = 'ML_MALFORMED'
  reason = ''
  /** Offset in the stream where the piece starts. */
  position = 0
  // One byte more than is shown tells a clipped piece from a whole one.
  private readonly head = new Uint8Array(RAW_BYTES + 1)
  private length = 0

  start(position: number, code: ErrorCode, reason: string): void {
    this.position = position
    this.code = code
    this.reason = reason
    this.length = 0
  }

  /** Takes the next bytes of the piece, without its line feed. */
  add(bytes: Uint8Array, start: number, end: number): void {
    const count = Math.min(this.head.length - this.length, end - start)
    this.head.set(bytes.subarray(start, start + count), this.length)
    this.length += count
  }

  /** The head as text, without the carriage return of a final CRLF. */
  raw(): string {
    const { head, length } = this
    return rawText(head, 0, length <= RAW_BYTES && head[length - 1] === CARRIAGE_RETURN ? length - 1 : length)
  }
}
