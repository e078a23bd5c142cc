/**
 * Cuts the bytes of one connection into whole lines, so that lines of several connections can share one stream.
 *
 * Holds one line under way, at most `maxLineBytes` and two bytes of it. Of a longer line only that head is handed on,
 * ended by a line feed: the decoder, which has the same limit, rejects it, and the line after it is whole again.
 */
export class LineAssembler {
  readonly #maxLineBytes: number
  readonly #quoted: boolean
  #held: Uint8Array[] = []
  #heldBytes = 0
  /** The line under way was too long and is handed on already; the rest of it is dropped. */
  #skipping = false
  #openQuote = false

  /**
   * @param maxLineBytes longest line that a decoder takes, its line break excluded
   * @param quoted for CSV: a cell that would go on past its line gets an end that the decoder rejects. It may not swallow the lines
   *   of other connections.
   */
  constructor(maxLineBytes: number, quoted = false) {
    this.#maxLineBytes = maxLineBytes
    this.#quoted = quoted
  }

  /** Bytes of the line under way that are held. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** The lines that end in this chunk, line feeds included; empty where none does. May be a view of the chunk. */
  take(chunk: Uint8Array): Uint8Array {
    const isPlain = !this.#quoted && !this.#skipping && this.#heldBytes + chunk.length <= this.#maxLineBytes
    return isPlain ? this.#plain(chunk) : this.#lineByLine(chunk)
  }

  /** No line in sight can be too long. */
  #plain(chunk: Uint8Array): Uint8Array {
    const end = chunk.lastIndexOf(LF) + 1
    if (end === 0) {
      this.#hold(chunk)
      return NONE
    }
    const lines = chunk.subarray(0, end)
    const whole = this.#heldBytes === 0 ? lines : joined([...this.#held, lines])
    this.#forget()
    if (end < chunk.length) this.#hold(chunk.subarray(end))
    return whole
  }

  #lineByLine(chunk: Uint8Array): Uint8Array {
    const out: Uint8Array[] = []
    for (let at = 0; at < chunk.length; ) {
      const feed = chunk.indexOf(LF, at)
      const end = feed < 0 ? chunk.length : feed
      if (!this.#skipping) this.#piece(chunk.subarray(at, end), feed >= 0, out)
      else if (feed >= 0) this.#skipping = false
      at = end + 1
    }
    return joined(out)
  }

  /** A line, or its next piece, without line feed. */
  #piece(piece: Uint8Array, isLast: boolean, out: Uint8Array[]): void {
    const room = this.#maxLineBytes + 2 - this.#heldBytes
    if (piece.length >= room) {
      out.push(...this.#held, piece.subarray(0, room), LINE_FEED)
      this.#forget()
      this.#skipping = !isLast
      return
    }
    if (this.#quoted) for (let i = 0; i < piece.length; i++) if (piece[i] === QUOTE) this.#openQuote = !this.#openQuote
    if (!isLast) {
      this.#hold(piece)
      return
    }
    out.push(...this.#held, piece, this.#openQuote ? BROKEN_CELL : LINE_FEED)
    this.#forget()
  }

  #hold(piece: Uint8Array): void {
    if (piece.length === 0) return
    // Copied: a view would keep the whole chunk it came in.
    this.#held.push(piece.slice())
    this.#heldBytes += piece.length
  }

  #forget(): void {
    this.#held = []
    this.#heldBytes = 0
    this.#openQuote = false
  }
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const LF = 10
const QUOTE = 34
const NONE = new Uint8Array(0)
const LINE_FEED = Uint8Array.of(LF)
/** Text after a closing quote is what no decoder takes; the rejected row then says why. */
const BROKEN_CELL = new TextEncoder().encode('" [the cell goes on past its line]\n')
