import type { SplitReader } from '../stream/ports.ts'
import { type Intake, Signal } from './intake.ts'
import { joined } from './line-assembler.ts'

/** Small chunks are handed over together, up to this many bytes. */
const READ_BYTES = 1 << 16
const CHUNK_COST = 128

/** Lines in memory between a producer and the engine: bounded, in order, lost with the process. */
export class LineQueue implements Intake {
  readonly #maxBytes: number
  #chunks: Uint8Array[] = []
  #bytes = 0
  /** Bytes, and what each chunk costs beside them: a peer that sends lines of one byte may not take more memory than others. */
  #cost = 0
  #ended = false
  #readers = 0
  readonly #arrived = new Signal()
  readonly #taken = new Signal()

  /** @param maxBytes how much waits before the producer is told to pause */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get full(): boolean {
    return this.#cost >= this.#maxBytes
  }

  /** Bytes that wait to be read. */
  get bytes(): number {
    return this.#bytes
  }

  async take(lines: Uint8Array): Promise<void> {
    if (lines.length === 0 || this.#ended) return
    // A view of few bytes would keep the whole chunk it came in.
    this.#chunks.push(2 * lines.length < lines.buffer.byteLength ? lines.slice() : lines)
    this.#bytes += lines.length
    this.#cost += lines.length + CHUNK_COST
    this.#arrived.fire()
  }

  async room(): Promise<void> {
    while (this.full && !this.#ended) await this.#taken.wait()
  }

  end(): void {
    this.#ended = true
    this.#arrived.fire()
    this.#taken.fire()
  }

  /** A reader of what waits; the one before it gets no more. */
  reader(): SplitReader {
    const id = ++this.#readers
    const isClosed = () => id !== this.#readers
    const waiting = () => this.#bytes
    return {
      read: async () => {
        while (this.#bytes === 0 && !this.#ended && !isClosed()) await this.#arrived.wait()
        return this.#bytes === 0 || isClosed() ? null : this.#next()
      },
      get caughtUp() {
        return waiting() === 0
      },
      close: async () => {
        if (isClosed()) return
        this.#readers++
        this.#arrived.fire()
      },
    }
  }

  #next(): Uint8Array {
    let count = 1
    let bytes = this.#chunks[0].length
    while (count < this.#chunks.length && bytes + this.#chunks[count].length <= READ_BYTES)
      bytes += this.#chunks[count++].length
    const next = joined(this.#chunks.splice(0, count))
    this.#bytes -= bytes
    this.#cost -= bytes + count * CHUNK_COST
    // Half empty before the producer goes on: else it would be paused and resumed for every chunk.
    if (this.#cost <= this.#maxBytes / 2) this.#taken.fire()
    return next
  }
}
