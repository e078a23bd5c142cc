import { MillraceError } from '../../errors.ts'
import type { ReadableFile } from '../../storage/storage.ts'
import type { SplitReader } from '../../stream/ports.ts'
import { sourceError } from './source-error.ts'

export const CHUNK_BYTES = 256 << 10

/** Reads a file in chunks, one ahead: while the caller decodes a chunk, the next one is read into a second buffer. */
export class PlainReader implements SplitReader {
  readonly #file: ReadableFile
  readonly #path: string
  readonly #sizeBytes: number
  #position: number
  #buffer = new Uint8Array(CHUNK_BYTES)
  #spare = new Uint8Array(CHUNK_BYTES)
  #next: Promise<Uint8Array | null> | undefined

  /** `sizeBytes`: of the file when it was opened; one that ends sooner is being changed under our eyes. */
  constructor(file: ReadableFile, path: string, sizeBytes: number, fromOffset: number) {
    this.#file = file
    this.#path = path
    this.#sizeBytes = sizeBytes
    this.#position = fromOffset
  }

  /** @throws ML_SOURCE naming the offset */
  async read(): Promise<Uint8Array | null> {
    const chunk = await (this.#next ?? this.#ahead())
    this.#next = undefined
    if (chunk !== null) {
      this.#next = this.#ahead()
      this.#next.catch(() => {}) // thrown by the next call
    }
    return chunk
  }

  async close(): Promise<void> {
    await this.#next?.catch(() => {})
    await this.#file.close()
  }

  async #ahead(): Promise<Uint8Array | null> {
    const buffer = this.#spare
    this.#spare = this.#buffer
    this.#buffer = buffer
    const where = `${this.#path}, offset ${this.#position}`
    let read: number
    try {
      read = await this.#file.read(buffer, this.#position)
    } catch (error) {
      throw sourceError('read the file', where, error)
    }
    this.#position += read
    if (read > 0) return buffer.subarray(0, read)
    if (this.#position >= this.#sizeBytes) return null
    throw new MillraceError('ML_SOURCE', {
      what: `the file had ${this.#sizeBytes} bytes when it was opened, and now ends`,
      where,
      remedy: 'Bring it back as it was and start again: the run goes on from its last checkpoint',
    })
  }
}
