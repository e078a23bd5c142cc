/**
 * Sink operator: encodes each record to bytes and says where parts end; a connector's writer only stores them.
 *
 * One partition, fed in identity order, so the bytes are the same at any parallelism and through any crash. Which part
 * is open and how long it is, or how many rows there were where there are no parts, are state here: a checkpoint and the
 * writer agree on the cut.
 */
import type { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { MAX_TIME } from '../time/identity.ts'
import { basicCounters, IN, Ledger, PROCESSED } from './ledger.ts'
import type { Operator, OperatorCapture, OperatorContext } from './operator.ts'

/** Takes encoded rows; implemented by the engine over a connector's writer. */
export interface SinkOutput {
  append(bytes: Uint8Array): void
  roll(): void
}

/** Encodes rows of one format. `begin` is what opens a part, such as a CSV header. */
export interface RowEncoder {
  /**
   * @param ordinal count of the sink's rows before this one
   * @param time event time of the row in milliseconds; NaN where it has none
   */
  encode(value: unknown, writer: ByteWriter, ordinal: number, time: number): void
  begin?(value: unknown, writer: ByteWriter): void
}

export interface SinkOptions {
  /** A part is closed by the row that takes it to this many bytes; Infinity: rows go on without parts. */
  readonly partBytes: number
  /** Whether the times of records are event times. */
  readonly timed: boolean
}

/** Rows are handed over in pieces of at least this many bytes, or at `flush`. */
const FLUSH_BYTES = 1 << 16

export class SinkOperator implements Operator {
  readonly ledger: Ledger
  readonly #context: OperatorContext
  readonly #encoder: RowEncoder
  readonly #output: SinkOutput
  readonly #partBytes: number
  readonly #buffer = new ByteWriter(FLUSH_BYTES * 2)
  /** Bytes of the open part handed over so far, the buffer not counted. */
  #flushed = 0
  #rows = 0
  readonly #timed: boolean

  constructor(context: OperatorContext, encoder: RowEncoder, output: SinkOutput, options: SinkOptions) {
    this.#context = context
    this.#encoder = encoder
    this.#output = output
    this.#partBytes = options.partBytes
    this.#timed = options.timed
    this.ledger = new Ledger(basicCounters, context.keyGroups)
  }

  receive(_input: number, value: unknown): void {
    const { group } = this.#context.key
    this.ledger.add(IN, group)
    const buffer = this.#buffer
    const before = buffer.length
    try {
      if (this.#flushed + before === 0) this.#encoder.begin?.(value, buffer)
      this.#encoder.encode(value, buffer, this.#rows, this.#time())
    } catch (error) {
      buffer.truncate(before)
      this.#context.reject(value, error)
      return
    }
    this.#rows++
    this.ledger.add(PROCESSED, group)
    if (this.#flushed + buffer.length >= this.#partBytes) {
      this.flush()
      this.#output.roll()
      this.#flushed = 0
    } else if (buffer.length >= FLUSH_BYTES) this.flush()
  }

  /** Hands over what is buffered; the engine calls it before a cut, and when the stream pauses. */
  flush(): void {
    if (this.#buffer.length === 0) return
    this.#output.append(this.#buffer.view())
    this.#flushed += this.#buffer.length
    this.#buffer.reset()
  }

  end(): void {
    this.flush()
    if (this.#flushed > 0 && this.#hasParts) this.#output.roll()
    this.#flushed = 0
  }

  get #hasParts(): boolean {
    return this.#partBytes < Number.POSITIVE_INFINITY
  }

  #time(): number {
    const { time } = this.#context.current
    return this.#timed && time >= 0 && time < MAX_TIME ? time : NaN
  }

  capture(): OperatorCapture {
    this.flush()
    const state = this.#hasParts ? this.#flushed : this.#rows
    const home = this.#context.key.group
    return {
      writeGroup: (group: number, writer: ByteWriter) => {
        if (group === home) writer.varint(state)
      },
      release: () => {},
    }
  }

  restoreGroup(_group: number, reader: ByteReader): void {
    if (reader.remaining === 0) return
    if (this.#hasParts) this.#flushed = reader.varint()
    else this.#rows = reader.varint()
  }
}
