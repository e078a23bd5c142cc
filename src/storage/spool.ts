import { MillraceError } from '../errors.ts'
import { acquireLock, type LockOptions } from './acquire-lock.ts'
import { writeAtomically } from './atomic-write.ts'
import { inFolder } from './folders.ts'
import type { DirectoryLock } from './lock.ts'
import { recoverSegments, type Segment } from './spool-recovery.ts'
import { encodeFrame, newSegmentHead, SEGMENT_HEAD_BYTES, type SegmentHead, segmentName } from './spool-segment.ts'
import type { StorageFile } from './storage.ts'
import { storageError } from './storage-error.ts'

export interface SpoolOptions extends LockOptions {
  /** Bytes on disk beyond which the spool counts as full. */
  readonly maxBytes: number
}

/** One fsync covers at most so much, so that memory and the time to the next one stay bounded. */
const GROUP_BYTES = 1 << 20
const MAX_SEGMENT_BYTES = 16 << 20
/** So many segments fit into the whole, so that trimming gives back room early. */
const SEGMENTS = 8

/**
 * Bytes kept on disk between a producer that cannot be asked again and a reader that may have to begin again: a queue whose
 * offsets stay valid over restarts.
 *
 * `append` resolves when its bytes are durable; those that come while the disk is busy share the next fsync. Readers see durable
 * bytes alone. A failed write or fsync ends the spool: nothing is tried again, and nothing after it is taken.
 * The folder belongs to one process at a time; each opening begins a segment of its own, so that a process that
 * has lost the folder without knowing cannot write into what another one reads.
 *
 * Cost  one write and one fsync for each group, at most 1 MiB; one open file; trimming removes whole segments
 */
export class Spool {
  readonly folder: string
  readonly #options: SpoolOptions
  readonly #lock: DirectoryLock
  /** Oldest first; the last one is written to. Never empty. */
  readonly #segments: Segment[]
  readonly #changed: (() => void)[] = []
  #head: SegmentHead
  #file: StorageFile
  #fileBytes = SEGMENT_HEAD_BYTES
  #end: number
  #diskBytes: number
  #waiting: { readonly bytes: Uint8Array; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] =
    []
  #waitingBytes = 0
  #pumping: Promise<void> | undefined
  #failure: unknown

  private constructor(
    folder: string,
    options: SpoolOptions,
    lock: DirectoryLock,
    segments: Segment[],
    open: { head: SegmentHead; file: StorageFile },
  ) {
    this.folder = folder
    this.#options = options
    this.#lock = lock
    this.#segments = segments
    this.#head = open.head
    this.#file = open.file
    this.#end = open.head.start
    this.#diskBytes = segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  }

  /**
   * Opens the spool of a folder, or makes one. What a power cut left half written is cut off; it had not been acknowledged.
   *
   * @throws ML_LOCKED while another process has it, ML_CORRUPT for damage, ML_VERSION, ML_PATH, ML_STORAGE
   */
  static async open(folder: string, options: SpoolOptions): Promise<Spool> {
    const lock = await acquireLock(folder, options)
    try {
      const { segments, end } = await recoverSegments(options.storage, folder)
      // An empty last one is replaced by the new one, which has its name.
      if (segments.at(-1)?.start === end) segments.pop()
      const open = await createSegment(options.storage, folder, end)
      segments.push({ start: end, sizeBytes: SEGMENT_HEAD_BYTES })
      return new Spool(folder, options, lock, segments, open)
    } catch (error) {
      await lock.release()
      throw storageError('open the spool', folder, error)
    }
  }

  /** Offset of the first byte that is still there. */
  get start(): number {
    return this.#segments[0].start
  }

  /** Offset after the last durable byte. */
  get end(): number {
    return this.#end
  }

  /** Whether a producer should wait for room: on the disk, or because the disk is slower than it. */
  get full(): boolean {
    return this.#waitingBytes >= GROUP_BYTES || this.#diskBytes + this.#waitingBytes >= this.#options.maxBytes
  }

  /** Bytes on disk. */
  get diskBytes(): number {
    return this.#diskBytes
  }

  /**
   * Resolves when the bytes are durable. They are taken also when the spool is `full`.
   *
   * @throws ML_STORAGE, ML_FENCED; then the spool has ended
   */
  append(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (bytes.length === 0) return Promise.resolve()
    this.#waitingBytes += bytes.length
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, resolve, reject })
      this.#pumping ??= this.#pump()
    })
  }

  /** Resolves at the next change: bytes became durable, room was made, or the spool ended. @throws what ended it */
  async change(): Promise<void> {
    if (this.#failure === undefined) await new Promise<void>((resolve) => this.#changed.push(resolve))
    if (this.#failure !== undefined) throw this.#failure
  }

  /** The segment that holds an offset from `start` up to `end`, and where the one after it begins. */
  segmentAt(offset: number): { path: string; start: number; next: number } {
    let i = this.#segments.length - 1
    while (i > 0 && this.#segments[i].start > offset) i--
    const { start } = this.#segments[i]
    const next = this.#segments[i + 1]?.start ?? Number.POSITIVE_INFINITY
    return { path: inFolder(this.folder, segmentName(start)), start, next }
  }

  /**
   * Removes the segments that end before an offset.
   *
   * @throws ML_STORAGE, ML_FENCED
   */
  async trim(offset: number): Promise<void> {
    const { storage } = this.#options
    await this.#lock.assertHeld()
    while (this.#segments.length > 1 && this.#segments[1].start <= offset) {
      const [{ start, sizeBytes }] = this.#segments
      const path = inFolder(this.folder, segmentName(start))
      try {
        await storage.unlink(path)
        // Before the next one goes: a power cut may leave no gap.
        await storage.fsyncFolder(this.folder)
      } catch (error) {
        throw storageError('remove a segment of the spool', path, error)
      }
      this.#segments.shift()
      this.#diskBytes -= sizeBytes
      this.wake()
    }
  }

  /** Waits for what was appended, then gives the folder back. */
  async close(): Promise<void> {
    await this.#pumping
    this.#failure ??= new MillraceError('ML_STORAGE', { what: 'the spool is closed', where: this.folder })
    this.wake()
    await this.#file.close().catch(() => {})
    await this.#lock.release()
  }

  async #pump(): Promise<void> {
    while (this.#waiting.length > 0) {
      let count = 0
      let bytes = 0
      while (count < this.#waiting.length && (count === 0 || bytes + this.#waiting[count].bytes.length <= GROUP_BYTES))
        bytes += this.#waiting[count++].bytes.length
      const group = this.#waiting.splice(0, count)
      try {
        await this.#write(group.map((entry) => entry.bytes))
      } catch (error) {
        this.#failure = storageError('write to the spool', this.folder, error)
        for (const { reject } of [...group, ...this.#waiting]) reject(this.#failure)
        this.#waiting = []
        this.wake()
        break
      }
      this.#waitingBytes -= bytes
      this.#end += bytes
      for (const { resolve } of group) resolve()
      this.wake()
    }
    this.#pumping = undefined
  }

  async #write(pieces: readonly Uint8Array[]): Promise<void> {
    if (this.#fileBytes >= Math.min(MAX_SEGMENT_BYTES, this.#options.maxBytes / SEGMENTS)) await this.#roll()
    const frame = encodeFrame(this.#head.mark, pieces)
    await this.#file.write(frame, this.#fileBytes)
    await this.#file.fsync()
    // Whoever took the folder over begins behind what it found: what came later would be lost though acknowledged.
    await this.#lock.assertHeld()
    this.#grow(frame.length)
  }

  #grow(bytes: number): void {
    const last = this.#segments[this.#segments.length - 1]
    this.#fileBytes += bytes
    this.#diskBytes += bytes
    this.#segments[this.#segments.length - 1] = { start: last.start, sizeBytes: this.#fileBytes }
  }

  async #roll(): Promise<void> {
    const { head, file } = await createSegment(this.#options.storage, this.folder, this.#end)
    await this.#file.close()
    this.#head = head
    this.#file = file
    this.#fileBytes = 0
    this.#segments.push({ start: head.start, sizeBytes: 0 })
    this.#grow(SEGMENT_HEAD_BYTES)
  }

  /** Makes `change` resolve for all who wait. */
  wake(): void {
    for (const resolve of this.#changed.splice(0)) resolve()
  }
}

/** Its head is durable, and its name, before the first frame is written. */
async function createSegment(
  storage: SpoolOptions['storage'],
  folder: string,
  start: number,
): Promise<{ head: SegmentHead; file: StorageFile }> {
  const path = inFolder(folder, segmentName(start))
  const { head, bytes } = newSegmentHead(start)
  await writeAtomically(storage, path, bytes)
  return { head, file: await storage.open(path, 'write') }
}
