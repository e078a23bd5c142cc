import { MillraceError } from '../errors.ts'
import type { SplitReader } from '../stream/ports.ts'
import type { Spool } from './spool.ts'
import { FRAME_HEAD_BYTES, frameAt, frameBytes, readSegmentHead, SEGMENT_HEAD_BYTES } from './spool-segment.ts'
import type { Storage, StorageFile } from './storage.ts'
import { storageError } from './storage-error.ts'

const BLOCK_BYTES = 1 << 18

/** Reads the durable bytes of a spool from an offset on, and waits for more at its end. */
export class SpoolReader implements SplitReader {
  readonly #spool: Spool
  readonly #storage: Storage
  /** Offset in the spool of the next byte to hand out. */
  #position: number
  #segment: OpenSegment | undefined
  #block = new Uint8Array(BLOCK_BYTES)
  #reading: Promise<unknown> = Promise.resolve()
  #closed: (() => void) | undefined
  readonly #closing: Promise<void>
  #isClosed = false
  #isEnded: () => boolean

  /**
   * @param isEnded whether nothing will be appended any more: then the reader ends behind the last byte
   * @throws ML_SOURCE_CHANGED when the spool does not hold that offset
   */
  constructor(spool: Spool, storage: Storage, fromOffset: number, where: string, isEnded: () => boolean = () => false) {
    if (fromOffset < spool.start || fromOffset > spool.end) throw outOfSpool(spool, fromOffset, where)
    this.#spool = spool
    this.#storage = storage
    this.#position = fromOffset
    this.#isEnded = isEnded
    this.#closing = new Promise((resolve) => {
      this.#closed = resolve
    })
  }

  get caughtUp(): boolean {
    return this.#position === this.#spool.end
  }

  read(): Promise<Uint8Array | null> {
    const next = this.#next()
    this.#reading = next.catch(() => {})
    return next
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#closed?.()
    await this.#reading
    await this.#segment?.file.close()
    this.#segment = undefined
  }

  async #next(): Promise<Uint8Array | null> {
    while (!this.#isClosed) {
      if (this.#position < this.#spool.end) {
        const bytes = await this.#take()
        if (bytes.length > 0) return bytes
      } else if (this.#isEnded()) return null
      else await Promise.race([this.#spool.change(), this.#closing])
    }
    return null
  }

  /** The durable bytes that begin in the next block; none where it ends the segment, or holds only what is stepped over. */
  async #take(): Promise<Uint8Array> {
    const segment = await this.#at()
    try {
      return await this.#readBlock(segment)
    } catch (error) {
      throw storageError('read the spool', segment.path, error)
    }
  }

  async #readBlock(segment: OpenSegment): Promise<Uint8Array> {
    const { end } = this.#spool
    let have = await segment.file.read(this.#block, segment.fileAt)
    const first = frameAt(this.#block.subarray(0, have), 0, segment.mark, true)
    if (first === 'short' && have >= FRAME_HEAD_BYTES && frameBytes(this.#block) > this.#block.length) {
      // Its length was made durable with it, so it is no more than was appended at once.
      this.#block = new Uint8Array(frameBytes(this.#block))
      have = await segment.file.read(this.#block, segment.fileAt)
    }
    const bytes = this.#block.subarray(0, have)
    const pieces: Uint8Array[] = []
    let at = 0
    // What lies behind the durable end is being written.
    while (segment.offset < Math.min(end, segment.next)) {
      const frame = frameAt(bytes, at, segment.mark)
      if (frame === 'short' && at > 0) break
      if (typeof frame === 'string') throw broken(segment, at)
      const length = frame.end - frame.start
      const skip = Math.min(length, Math.max(0, this.#position - segment.offset))
      if (skip < length) pieces.push(bytes.subarray(frame.start + skip, frame.end))
      segment.offset += length
      at = frame.end
    }
    segment.fileAt += at
    const out = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
    this.#position += out.length
    return out
  }

  /** The open segment that holds the position. */
  async #at(): Promise<OpenSegment> {
    const { path, start, next } = this.#spool.segmentAt(this.#position)
    if (this.#segment?.path === path) {
      this.#segment.next = next
      return this.#segment
    }
    await this.#segment?.file.close()
    this.#segment = undefined
    try {
      const file = await this.#storage.open(path, 'read')
      try {
        const head = new Uint8Array(SEGMENT_HEAD_BYTES)
        await file.read(head, 0)
        const { mark } = readSegmentHead(head, path)
        this.#segment = { path, file, mark, offset: start, next, fileAt: SEGMENT_HEAD_BYTES }
        return this.#segment
      } catch (error) {
        await file.close()
        throw error
      }
    } catch (error) {
      throw storageError('open a segment of the spool', path, error)
    }
  }
}

interface OpenSegment {
  readonly path: string
  readonly file: StorageFile
  readonly mark: number
  /** Offset in the spool of the frame at `fileAt`. */
  offset: number
  fileAt: number
  /** Offset in the spool where the next segment begins. */
  next: number
}

function broken({ path, fileAt }: OpenSegment, at: number): MillraceError {
  return new MillraceError('ML_CORRUPT', {
    what: 'a frame of the spool does not fit its checksum',
    where: `${path}, offset ${fileAt + at}`,
    remedy:
      'Lines that had been acknowledged are lost here: bring the file back, or move the spool away and start with --fresh',
  })
}

function outOfSpool(spool: Spool, offset: number, where: string): MillraceError {
  return new MillraceError('ML_SOURCE_CHANGED', {
    what: `the checkpoint stands at byte ${offset} of a spool that holds bytes ${spool.start} to ${spool.end}`,
    where: `${where}, ${spool.folder}`,
    remedy: 'Bring its segments back, or start anew with --fresh',
  })
}
