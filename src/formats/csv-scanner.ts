/** What `scan` found. */
export const ROW = 0
/** The bytes end within the row. */
export const PARTIAL = 1
/** The row breaks the rules of quoting or of line breaks; `problem` and `at` say how and where. */
export const BROKEN = 2

/** Flags of a cell. */
export const QUOTED = 1
/** The cell has doubled quotes. */
export const ESCAPED = 2

/**
 * Finds the cells of one CSV row (RFC 4180) in bytes; reads no values.
 *
 * A cell is quoted as a whole or holds no quote at all; a row ends with LF or CRLF outside quotes. What breaks these
 * rules is reported, never repaired. Results stay in the scanner's fields until the next scan.
 */
export class CsvScanner {
  /** Offsets of each cell's content, without its quotes; `flags` says how to read it. */
  starts = new Int32Array(16)
  ends = new Int32Array(16)
  flags = new Uint8Array(16)
  /** Cells in the row; only the first `starts.length` have their offsets kept, unless `keepAll`. */
  cells = 0
  /** Offset of the row's end, its line break excluded, and offset after the line break. */
  end = 0
  next = 0
  hasNul = false
  hasNonAscii = false
  /** After PARTIAL and BROKEN: where the quote opened that is not closed, or -1. */
  openQuote = -1
  problem = ''
  at = 0
  private readonly classes = new Uint8Array(256)
  private readonly delimiter: number
  private readonly keepAll: boolean

  /** @param keepAll makes room for any number of cells (the header); else as many as `expectCells` said */
  constructor(delimiter: number, keepAll: boolean) {
    this.delimiter = delimiter
    this.keepAll = keepAll
    this.classes.fill(NON_ASCII, 128)
    this.classes[0] = NUL
    this.classes[LF] = this.classes[CR] = this.classes[QUOTE] = this.classes[delimiter] = STOP
  }

  /** Makes room for rows of `count` cells. */
  expectCells(count: number): void {
    this.starts = new Int32Array(count)
    this.ends = new Int32Array(count)
    this.flags = new Uint8Array(count)
  }

  /**
   * Scans the row that starts at `from`. `bytes[to]` must be a line feed that the caller put there: it ends every loop.
   *
   * @param final whether the input ends at `to`, so that the row may
   */
  scan(bytes: Uint8Array, from: number, to: number, final: boolean): number {
    const { classes, delimiter } = this
    let { starts, ends, flags } = this
    let room = starts.length
    let cells = 0
    let nul = false
    let nonAscii = false
    let at = from
    for (;;) {
      let start = at
      let stop = at
      let flag = 0
      let byte = bytes[at]
      if (byte === QUOTE) {
        flag = QUOTED
        start = ++at
        for (;;) {
          byte = bytes[at]
          while (classes[byte] === PLAIN || byte === delimiter) byte = bytes[++at]
          if (byte === QUOTE) {
            if (bytes[at + 1] !== QUOTE) break
            flag |= ESCAPED
            at += 2
          } else {
            if (byte === LF && at === to) return this.unclosed(start - 1, cells, to, final)
            if (byte === 0) nul = true
            else if (byte > 127) nonAscii = true
            at++
          }
        }
        stop = at
        byte = bytes[++at]
        if (byte !== delimiter && byte !== LF && byte !== CR)
          return this.broken(at, cells, 'has text after its closing quote')
      } else {
        for (;;) {
          while (classes[byte] === PLAIN) byte = bytes[++at]
          if (classes[byte] === STOP) break
          if (byte === 0) nul = true
          else nonAscii = true
          byte = bytes[++at]
        }
        stop = at
        if (byte === QUOTE) return this.broken(at, cells, 'has a quote inside unquoted text')
      }
      if (cells === room && this.keepAll) {
        this.widen()
        ;({ starts, ends, flags } = this)
        room = starts.length
      }
      if (cells < room) {
        starts[cells] = start
        ends[cells] = stop
        flags[cells] = flag
      }
      cells++
      if (byte === delimiter) {
        at++
        continue
      }
      const end = at
      if (byte === CR) {
        if (bytes[++at] !== LF || (final && at === to)) {
          return this.broken(end, cells - 1, 'has a carriage return that is not part of a line break')
        }
      }
      this.openQuote = -1
      if (at === to && !final) return PARTIAL
      this.cells = cells
      this.end = end
      this.next = at === to ? to : at + 1
      this.hasNul = nul
      this.hasNonAscii = nonAscii
      return ROW
    }
  }

  private unclosed(quote: number, cells: number, to: number, final: boolean): number {
    const found = final ? this.broken(to, cells, 'has a quote that is never closed') : PARTIAL
    this.openQuote = quote
    return found
  }

  private broken(at: number, cell: number, how: string): number {
    this.openQuote = -1
    this.at = at
    this.problem = `cell ${cell + 1} ${how}`
    return BROKEN
  }

  private widen(): void {
    const { starts, ends, flags } = this
    this.expectCells(2 * starts.length)
    this.starts.set(starts)
    this.ends.set(ends)
    this.flags.set(flags)
  }
}

export const LF = 10
export const CR = 13
const QUOTE = 34

/** Classes of a byte outside quotes. */
const PLAIN = 0
const STOP = 1
const NUL = 2
const NON_ASCII = 3
