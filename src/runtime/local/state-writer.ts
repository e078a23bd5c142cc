import { createHash } from 'node:crypto'
import { ByteWriter } from '../../bytes/writer.ts'
import type { Storage, StorageFile } from '../../storage/storage.ts'
import { storageError } from '../../storage/storage-error.ts'
import type { StateFileInfo } from './manifest.ts'
import { writeFrameHead, writeHeader } from './state-file.ts'

/** Frames are gathered into slices of this size; hashing one takes about half a millisecond. */
const SLICE_BYTES = 1 << 20
const KEPT_SLICES = 8

/** Slices that are used again: fresh memory costs a page fault every 4 KB when it is first written. */
export class SlicePool {
  readonly #free: Uint8Array[] = []

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(SLICE_BYTES)
  }

  give(slice: Uint8Array): void {
    if (this.#free.length < KEPT_SLICES) this.#free.push(slice)
  }
}

/**
 * Streams state.bin: `add` copies into slices, which are hashed one after another and written while the caller goes on,
 * several at a time: each write that waited for the one before would cost a turn of the loop.
 *
 * Memory is what `pendingBytes` says, so a caller waits on `drain` when it grows. A failure is kept and thrown by
 * `drain` and `finish`; the file is then good for nothing.
 */
export class StateWriter {
  readonly #path: string
  readonly #pool: SlicePool
  readonly #hash = createHash('sha256')
  readonly #head = new ByteWriter(256)
  #file: StorageFile | undefined
  /** The one that is being filled. */
  #slice: Uint8Array | undefined
  #filled = 0
  #accepted = 0
  #written = 0
  #shipped = 0
  #frames = 0
  #failure: unknown
  readonly #opened: Promise<void>
  /** All that was begun so far. */
  #tail: Promise<unknown>

  /** `before` runs first: it creates the folder. */
  constructor(storage: Storage, path: string, id: number, pool: SlicePool, before: () => Promise<void>) {
    this.#path = path
    this.#pool = pool
    this.#opened = this.#step(Promise.resolve(), async () => {
      await before()
      this.#file = await storage.open(path, 'create')
    })
    this.#tail = this.#opened
    writeHeader(this.#head, id)
    this.#put(this.#head.view())
  }

  /** Bytes accepted and not yet written: what this writer holds in memory. */
  get pendingBytes(): number {
    return this.#accepted - this.#written
  }

  /** Takes one snapshot; `bytes` may be reused when it returns. */
  add(uid: string, group: number, bytes: Uint8Array): void {
    this.#head.reset()
    writeFrameHead(this.#head, uid, group, bytes)
    this.#put(this.#head.view())
    this.#put(bytes)
    this.#frames++
  }

  /** Resolves when what was full at the call is written. */
  async drain(): Promise<void> {
    await this.#tail
    if (this.#failure !== undefined) throw storageError('write the state of a checkpoint', this.#path, this.#failure)
  }

  /** Writes the rest and makes all of it durable. */
  async finish(): Promise<StateFileInfo> {
    this.#ship()
    this.#tail = this.#step(this.#tail, async () => {
      await this.#file?.fsync()
      await this.#file?.close()
      this.#file = undefined
    })
    await this.drain()
    return { sizeBytes: this.#written, sha256: this.#hash.digest('hex'), frames: this.#frames }
  }

  /** Gives the file up, finished or not; what is still to be written is dropped. */
  async close(): Promise<void> {
    this.#failure ??= new Error('the writer was closed')
    await this.#tail
    await this.#file?.close().catch(() => {})
    this.#file = undefined
  }

  #put(bytes: Uint8Array): void {
    this.#accepted += bytes.length
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + SLICE_BYTES - this.#filled)
      this.#slice ??= this.#pool.take()
      this.#slice.set(bytes.subarray(at, end), this.#filled)
      this.#filled += end - at
      at = end
      if (this.#filled === SLICE_BYTES) this.#ship()
    }
  }

  #ship(): void {
    const slice = this.#slice
    if (slice === undefined) return
    const full = slice.subarray(0, this.#filled)
    const position = this.#shipped
    this.#shipped += full.length
    this.#slice = undefined
    this.#filled = 0
    this.#hash.update(full)
    const written = this.#step(this.#opened, async () => {
      await this.#file?.write(full, position)
      this.#written += full.length
      this.#pool.give(slice)
    })
    this.#tail = Promise.all([this.#tail, written])
  }

  /** Runs `next` after `previous`, unless something has failed; never rejects. */
  async #step(previous: Promise<unknown>, next: () => Promise<void>): Promise<void> {
    await previous
    if (this.#failure !== undefined) return
    try {
      await next()
    } catch (error) {
      this.#failure = error
    }
  }
}
