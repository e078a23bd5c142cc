import { MillraceError } from '../../errors.ts'
import type { JsonObject } from '../../stage/json.ts'
import type { DirectoryLock } from '../../storage/lock.ts'
import { storageError } from '../../storage/storage-error.ts'
import type { SinkWriter } from '../../stream/ports.ts'
import { PartFile } from './part-file.ts'
import type { Fence, SinkFolder } from './sink-folder.ts'
import { type ClosedPart, type Cut, cutOf, type SinkStart } from './sink-recovery.ts'

const BUFFER_BYTES = 256 << 10
/** More than an engine lets wait (4 MB): what is allocated anew lies about as garbage until the next full collection. */
const KEPT_BUFFERS = 24

/** Buffers of all sinks that are free. */
const spare: Uint8Array[] = []

/**
 * Writes the parts of one folder. Rows are gathered into buffers, which are written in order while records go on.
 *
 * The first failure is kept: from then on rows are dropped and `drain`, `prepare` and every later `prepare` throw it, so
 * that no checkpoint can cover rows that are not there. What earlier cuts prepared can still be committed.
 */
export class FileSinkWriter implements SinkWriter {
  readonly #folder: SinkFolder
  readonly #lock: DirectoryLock
  readonly #where: string
  #fence: Fence
  #part: number
  /** Bytes of the open part, those still in memory included. */
  #length: number
  #closed: ClosedPart[]
  #file: PartFile | undefined
  #buffer: Uint8Array = freeBuffer()
  #filled = 0
  #queued = 0
  #namesToSync = false
  #failure: unknown
  #tail: Promise<void> = Promise.resolve()

  constructor(folder: SinkFolder, lock: DirectoryLock, start: SinkStart, where: string) {
    this.#folder = folder
    this.#lock = lock
    this.#where = where
    this.#fence = start.fence
    this.#part = start.part
    this.#length = start.bytes
    this.#closed = [...start.closed]
    if (start.bytes > 0) this.#file = this.#partFile(start.bytes)
  }

  get pendingBytes(): number {
    return this.#queued + this.#filled
  }

  append(bytes: Uint8Array): void {
    if (this.#failure !== undefined || bytes.length === 0) return
    this.#file ??= this.#partFile(0)
    this.#length += bytes.length
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + BUFFER_BYTES - this.#filled)
      this.#buffer.set(bytes.subarray(at, end), this.#filled)
      this.#filled += end - at
      at = end
      if (this.#filled === BUFFER_BYTES) this.#ship()
    }
  }

  roll(): void {
    const file = this.#file
    if (file === undefined) return
    this.#ship()
    this.#then(() => file.fsync())
    // Closed whatever has failed before it: nothing may be left open.
    this.#tail = this.#tail.then(async () => {
      try {
        await file.close()
      } catch (error) {
        this.#failure ??= error
      }
    })
    this.#closed.push({ part: this.#part, bytes: this.#length })
    this.#file = undefined
    this.#part++
    this.#length = 0
  }

  async drain(): Promise<void> {
    this.#ship()
    await this.#tail
    this.#throwFailure()
  }

  prepare(_epoch: number): Promise<JsonObject> {
    this.#ship()
    const { id } = this.#fence
    const closed = [...this.#closed]
    const cut: Cut = { format: 1, folder: this.#folder.path, id, part: this.#part, bytes: this.#length, closed }
    return this.#makeDurable(cut, this.#file, this.#tail)
  }

  async commit(_epoch: number, prepared: JsonObject): Promise<void> {
    const { id, closed } = cutOf(prepared, this.#where)
    // Prepared in the folder this one took over from: its parts were copied, and are committed by the next checkpoint.
    if (id !== this.#fence.id) return
    try {
      await this.#lock.assertHeld()
      await this.#publish(closed)
    } catch (error) {
      throw storageError('commit the output', this.#where, error)
    }
  }

  async close(): Promise<void> {
    this.#failure ??= new Error('the sink was closed')
    await this.#tail
    await this.#file?.close().catch(() => {})
    await this.#lock.release()
  }

  /** Everything up to the cut, bytes and names, while later rows are already being written. */
  async #makeDurable(cut: Cut, file: PartFile | undefined, written: Promise<void>): Promise<JsonObject> {
    await written
    try {
      if (this.#failure === undefined) await file?.fsync()
      if (this.#failure === undefined && this.#namesToSync) {
        this.#namesToSync = false
        await this.#folder.storage.fsyncFolder(this.#folder.path)
      }
      await this.#lock.assertHeld()
      await this.#expectThere(cut)
    } catch (error) {
      this.#failure ??= error
    }
    this.#throwFailure()
    return cut
  }

  /** The file may have been removed or cut by others while we hold it open: its bytes would go nowhere. */
  async #expectThere({ part, bytes }: Cut): Promise<void> {
    if (bytes === 0) return
    const size = (await this.#folder.find(part))?.sizeBytes ?? 0
    if (size >= bytes) return
    throw new MillraceError('ML_SINK_LOST', {
      what: `part ${part} has fewer bytes than were written to it (${bytes})`,
      got: size,
      where: this.#where,
      remedy: 'Leave open parts alone while the pipeline runs; read those that have their final name',
    })
  }

  async #publish(closed: readonly ClosedPart[]): Promise<void> {
    const { storage, path } = this.#folder
    const before = this.#fence.publicParts
    const last = closed.at(-1)?.part ?? -1
    if (!this.#fence.covered || last >= before) {
      this.#fence = { ...this.#fence, covered: true, publicParts: Math.max(before, last + 1) }
      await this.#folder.writeFence(this.#fence)
    }
    if (closed.length === 0) return
    for (const { part } of closed) {
      const found = await this.#folder.find(part)
      if (found?.path === this.#folder.openPath(part)) await storage.rename(found.path, this.#folder.finalPath(part))
      else if (found === undefined && part >= before) throw this.#gone(part)
    }
    await storage.fsyncFolder(path)
    this.#closed = this.#closed.filter(({ part }) => part > last)
  }

  #gone(part: number): MillraceError {
    return new MillraceError('ML_SINK_LOST', {
      what: `part ${part} was removed before it got its final name`,
      where: this.#where,
      remedy: 'Leave open parts alone while the pipeline runs; read those that have their final name',
    })
  }

  /** Hands the buffer to the queue. */
  #ship(): void {
    const file = this.#file
    if (this.#filled === 0 || file === undefined) return
    const buffer = this.#buffer
    const full = buffer.subarray(0, this.#filled)
    this.#queued += full.length
    this.#filled = 0
    this.#buffer = freeBuffer()
    this.#then(async () => {
      try {
        if (await file.write(full)) this.#namesToSync = true
      } finally {
        this.#queued -= full.length
        if (spare.length < KEPT_BUFFERS) spare.push(buffer)
      }
    })
  }

  /** Queues a step, which is left out once something has failed. */
  #then(step: () => Promise<void>): void {
    this.#tail = this.#tail.then(async () => {
      if (this.#failure !== undefined) return
      try {
        await step()
      } catch (error) {
        this.#failure = error
      }
    })
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw storageError('write the output', this.#where, this.#failure)
  }

  #partFile(written: number): PartFile {
    return new PartFile(this.#folder.storage, this.#part, this.#folder.openPath(this.#part), written)
  }
}

function freeBuffer(): Uint8Array {
  return spare.pop() ?? new Uint8Array(BUFFER_BYTES)
}
