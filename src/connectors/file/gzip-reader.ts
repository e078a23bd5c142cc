import { createGunzip } from 'node:zlib'
import type { MillraceError } from '../../errors.ts'
import type { SplitReader } from '../../stream/ports.ts'
import { CHUNK_BYTES } from './plain-reader.ts'
import { sourceError, tooShort } from './source-error.ts'

/** Compressed bytes inflated in one go: 32 KB become at most 33 MB, which bounds what a malicious file makes us hold. */
const PIECE_BYTES = 32 << 10

/**
 * The uncompressed bytes of a gzip file of one member or several. Inflating runs on Node's thread pool, a piece ahead.
 *
 * A member's checksum stands at its end, so damage may be noticed after records before it were handed out; the run then
 * stops. Cut files, damaged ones, and ones with bytes behind the last member (other than zeros, which are padding) are
 * refused rather than taken as ended.
 */
export class GzipReader implements SplitReader {
  readonly #compressed: SplitReader
  readonly #path: string
  readonly #gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
  /** Compressed bytes not yet inflated; part of a chunk of `#compressed`. */
  #input: Uint8Array = new Uint8Array(0)
  #fed = 0
  #output: Uint8Array[] = []
  #produced = 0
  #state: 'reading' | 'padding' | 'ended' = 'reading'
  #failure: unknown
  #wake: () => void = () => {}
  #ahead: Promise<void> | undefined

  /** Opens at an offset of the uncompressed bytes; what is before it is inflated and dropped. */
  static async open(compressed: SplitReader, path: string, fromOffset: number): Promise<GzipReader> {
    const reader = new GzipReader(compressed, path)
    let skip = fromOffset
    while (skip > 0) {
      const chunk = await reader.read()
      if (chunk === null) throw tooShort(path, fromOffset - skip, fromOffset)
      if (chunk.length > skip) reader.#output.unshift(chunk.subarray(skip))
      skip -= Math.min(skip, chunk.length)
    }
    return reader
  }

  private constructor(compressed: SplitReader, path: string) {
    this.#compressed = compressed
    this.#path = path
    this.#gunzip.on('data', (bytes: Uint8Array) => {
      this.#output.push(bytes)
      this.#produced += bytes.length
    })
    this.#gunzip.on('error', (error) => {
      this.#failure = error
      this.#wake()
    })
    this.#gunzip.on('end', () => {
      this.#state = 'padding'
      this.#wake()
    })
  }

  /** @throws ML_SOURCE naming the compressed offset, after everything before the damage was handed out */
  async read(): Promise<Uint8Array | null> {
    while (this.#output.length === 0) {
      if (this.#failure !== undefined) throw this.#error(this.#failure)
      if (this.#state === 'ended') return null
      await (this.#ahead ?? this.#step())
      this.#ahead = undefined
    }
    const chunk = this.#output.shift() as Uint8Array
    if (this.#output.length === 0 && this.#ahead === undefined) this.#ahead = this.#step()
    return chunk
  }

  async close(): Promise<void> {
    await this.#ahead
    this.#gunzip.close()
    await this.#compressed.close()
  }

  /** Inflates one piece more. Never rejects. */
  async #step(): Promise<void> {
    try {
      if (this.#failure !== undefined || this.#state === 'ended') return
      if (this.#input.length === 0) this.#input = (await this.#compressed.read()) ?? this.#input
      const piece = this.#input.subarray(0, PIECE_BYTES)
      this.#input = this.#input.subarray(piece.length)
      if (this.#state === 'reading') await this.#inflate(piece)
      else if (piece.length > 0) this.#pass(piece)
      else this.#state = 'ended'
    } catch (error) {
      this.#failure = error
    }
  }

  /** Resolves when the piece is used up, the last member has ended, or inflating has failed. */
  async #inflate(piece: Uint8Array): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    if (piece.length > 0) this.#gunzip.write(piece, () => this.#wake())
    else this.#gunzip.end()
    this.#fed += piece.length
    await done
    if (this.#state !== 'padding') return
    if (piece.length === 0) this.#state = 'ended'
    else this.#pass(piece.subarray(piece.length - (this.#fed - this.#gunzip.bytesWritten)))
  }

  /** What follows the last member may be zeros only: anything else would be lost without a word. */
  #pass(bytes: Uint8Array): void {
    if (bytes.some((byte) => byte !== 0)) throw new Error('bytes that are not gzip follow the last member')
  }

  #error(cause: unknown): MillraceError {
    const code = (cause as { code?: unknown }).code
    const cut = code === 'Z_BUF_ERROR'
    return sourceError(
      cut ? 'read on: the gzip data is cut off' : 'decompress the file',
      `${this.#path}, offset ${this.#gunzip.bytesWritten} (${this.#produced} uncompressed)`,
      cause,
      cut ? 'Fetch the whole file' : 'Fetch the file again: gzip -t shows whether it is whole',
    )
  }
}
