import { ByteReader } from '../../bytes/reader.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { decodeValue } from '../../formats/value-codec.ts'

/** The committed bytes of one memory sink. */
export class MemoryOutput {
  readonly #rows = new ByteWriter(1024)
  #start = 0
  /** The writer that may commit; an earlier one is fenced. */
  owner: unknown

  /** Offset after the last committed byte, counted from the first row the sink ever wrote. */
  get end(): number {
    return this.#start + this.#rows.length
  }

  /** Without rows so far. */
  get isNew(): boolean {
    return this.end === 0
  }

  /** Begins at an offset: the rows before it were shown by a process that is gone. */
  startAt(offset: number): void {
    this.#start = offset
  }

  add(bytes: Uint8Array): void {
    this.#rows.raw(bytes)
  }

  bytes(): Uint8Array {
    return this.#rows.finish()
  }
}

/**
 * What the memory sinks of a run have committed, by uid. It stands for the world outside: keep one across restarts, as
 * a folder is kept, and give it to each `MemorySink`.
 */
export class MemoryEnds {
  readonly #outputs = new Map<string, MemoryOutput>()

  /** The rows a committed checkpoint covers, as values, in order. */
  rows(uid: string): unknown[] {
    const reader = new ByteReader(this.bytes(uid), `memory sink "${uid}"`)
    const rows: unknown[] = []
    while (reader.remaining > 0) {
      const length = reader.u32()
      const end = reader.remaining - length
      rows.push(decodeValue(reader))
      if (reader.remaining !== end) reader.fail('a row is not as long as its length says', length)
    }
    return rows
  }

  /** The same as bytes, each row behind its length: for comparing runs. */
  bytes(uid: string): Uint8Array {
    return this.#outputs.get(uid)?.bytes() ?? new Uint8Array(0)
  }

  /** Forgets the rows of a sink. */
  clear(uid: string): void {
    this.#outputs.delete(uid)
  }

  /** For the sink. */
  output(uid: string): MemoryOutput {
    let output = this.#outputs.get(uid)
    if (output === undefined) {
      output = new MemoryOutput()
      this.#outputs.set(uid, output)
    }
    return output
  }
}
