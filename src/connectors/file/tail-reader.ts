import type { FileHandle } from 'node:fs/promises'
import { MillraceError } from '../../errors.ts'
import type { SplitReader } from '../../stream/ports.ts'
import type { FolderHint } from './folder-hint.ts'
import { HEAD_BYTES, readHead } from './generations.ts'
import { CHUNK_BYTES } from './plain-reader.ts'
import { sourceError } from './source-error.ts'

/** Where the system does not tell of a change, a new line is seen after as long. */
const NAP_MS = 40

export interface TailReaderOptions {
  readonly handle: FileHandle
  readonly path: string
  readonly fromOffset: number
  readonly hint: FolderHint
  /** Whether a later generation has begun. */
  readonly superseded: () => boolean
  /** How long it must have been quiet then to have ended. */
  readonly quietMs: number
  /** Told the size of a generation that has ended, and of one that is left. */
  readonly left: (endedAt: number | undefined) => void
}

/**
 * Reads one generation of a file while it grows. It ends when a later one has begun and nothing was appended for a while.
 *
 * After each read the file must still be as long as what was read of it, and begin as it began: else it was truncated or
 * rewritten, and what came in between is lost.
 */
export class TailReader implements SplitReader {
  caughtUp = false
  readonly #options: TailReaderOptions
  readonly #buffer = new Uint8Array(CHUNK_BYTES)
  #position: number
  #head: Uint8Array | undefined
  #grewAt = performance.now()
  #closed = false
  #reading: Promise<unknown> = Promise.resolve()

  constructor(options: TailReaderOptions) {
    this.#options = options
    this.#position = options.fromOffset
  }

  /** @throws ML_SOURCE_CHANGED for a file that was truncated or rewritten, ML_SOURCE */
  read(): Promise<Uint8Array | null> {
    const read = this.#read()
    this.#reading = read.catch(() => {})
    return read
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#options.hint.wake()
    await this.#reading
    this.#options.left(undefined)
    await this.#options.handle.close()
  }

  async #read(): Promise<Uint8Array | null> {
    const { superseded, quietMs, hint, left } = this.#options
    while (!this.#closed) {
      const mayEnd = superseded()
      const { bytes, modifiedMs } = await this.#take()
      if (bytes.length > 0) return bytes
      const now = performance.now()
      if (mayEnd && (now - this.#grewAt >= quietMs || Date.now() - modifiedMs >= quietMs)) {
        left(this.#position)
        return null
      }
      await hint.nap(NAP_MS)
    }
    return null
  }

  async #take(): Promise<{ bytes: Uint8Array; modifiedMs: number }> {
    const { handle, path } = this.#options
    try {
      const { bytesRead } = await handle.read(this.#buffer, 0, this.#buffer.length, this.#position)
      const { size, mtimeMs } = await handle.stat()
      if (size < this.#position + bytesRead) throw this.#changed(`it was truncated to ${size} bytes`)
      if (bytesRead > 0) {
        await this.#expectSameHead(bytesRead)
        this.#position += bytesRead
        this.#grewAt = performance.now()
      }
      this.caughtUp = size === this.#position
      return { bytes: this.#buffer.subarray(0, bytesRead), modifiedMs: mtimeMs }
    } catch (error) {
      throw sourceError('read the file', `${path}, offset ${this.#position}`, error)
    }
  }

  /** What was compared grows with the file, to HEAD_BYTES. */
  async #expectSameHead(bytesRead: number): Promise<void> {
    const head = await readHead(this.#options.handle, Math.min(HEAD_BYTES, this.#position + bytesRead))
    const before = this.#head ?? head.subarray(0, 0)
    if (!before.every((byte, i) => byte === head[i])) throw this.#changed('it begins with other bytes now')
    this.#head = head
  }

  #changed(how: string): MillraceError {
    return new MillraceError('ML_SOURCE_CHANGED', {
      what: `the file was read to byte ${this.#position}, and then ${how}: lines may be lost`,
      where: this.#options.path,
      remedy: 'Rotate by renaming, not by copying and truncating. To go on, start anew with new folders for the output',
    })
  }
}
