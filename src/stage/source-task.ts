/**
 * Source task: turns the bytes of one split into records with identity and event time, and says what is late.
 *
 * The watermark follows from the split's own records: the largest event time seen less the allowed disorder. Lateness
 * is decided here, once; stages never see a record behind the watermark. Rejected and late records take the split's
 * largest event time as their place in the order.
 */
import { MillraceError } from '../errors.ts'
import type { Decoder, DecoderState } from '../formats/decoder.ts'
import type { Rejected } from '../operators/operator.ts'
import { type Envelope, MIN_TIME, ROOT_PATH } from '../time/identity.ts'
import { BoundedOutOfOrderness } from '../time/watermarks.ts'
import { letterOf } from './cell.ts'
import type { JsonObject } from './json.ts'
import type { Plan, SourceVertex } from './plan.ts'

/** The outputs of every source. */
export const SOURCE_OUTPUTS = ['records', 'rejected', 'late'] as const

export type SourceOutput = (typeof SOURCE_OUTPUTS)[number]

/** Counts of a split; `in = processed + rejected + late`. */
export interface SplitLedger {
  readonly in: number
  readonly processed: number
  readonly rejected: number
  readonly late: number
}

/** Which part of a split's stream is read; offsets as the connector counts them. */
export interface SplitBounds {
  readonly id: string
  /** Where it begins when nothing is resumed; default 0. */
  readonly start?: number
  /** Where it ends; absent: where the connector says. */
  readonly end?: number
}

/** Plain JSON: what a checkpoint keeps of a split. */
export interface SplitState extends JsonObject {
  /** Where it ends, as it was fixed when it was first read; -1: not fixed. */
  readonly end: number
  readonly decoder: DecoderState & JsonObject
  readonly watermark: number
  readonly maxTime: number
  readonly finished: boolean
  readonly ledger: SplitLedger & JsonObject
}

/** Latest event time accepted, exclusive: 2100-01-01. One wrong clock must not carry the watermark away. */
const LAST_EVENT_TIME = 4_102_444_800_000

export class SourceTask {
  readonly split: string
  /** Offset at which it ends; -1: not fixed. */
  readonly end: number
  /** The split's watermark: no record with an event time up to it will come. */
  readonly clock: BoundedOutOfOrderness
  readonly #uid: string
  readonly #decoder: Decoder<unknown>
  readonly #eventTime: ((record: unknown) => unknown) | undefined
  readonly #emit: (output: SourceOutput, envelope: Envelope) => void
  #maxTime: number
  #ended = false
  #processed: number
  #rejected: number
  #late: number
  #in: number

  constructor(
    plan: Plan,
    source: SourceVertex,
    split: SplitBounds,
    decoder: Decoder<unknown>,
    eventTime: ((record: unknown) => unknown) | undefined,
    emit: (output: SourceOutput, envelope: Envelope) => void,
    resume?: SplitState,
  ) {
    this.split = split.id
    this.end = resume?.end ?? split.end ?? -1
    this.#uid = source.uid
    this.#decoder = decoder
    this.#eventTime = plan.clock === 'rows' ? undefined : eventTime
    // Row numbers never repeat, so a row is over when it was seen; a time may still come again.
    this.clock = new BoundedOutOfOrderness(plan.clock === 'rows' ? -1 : source.outOfOrdernessMs, resume)
    this.#emit = emit
    this.#maxTime = resume?.maxTime ?? MIN_TIME
    this.#in = resume?.ledger.in ?? 0
    this.#processed = resume?.ledger.processed ?? 0
    this.#rejected = resume?.ledger.rejected ?? 0
    this.#late = resume?.ledger.late ?? 0
  }

  /** Bytes for the decoder; call after `pump` returned less than its limit. */
  push(chunk: Uint8Array): void {
    this.#decoder.push(chunk)
  }

  /** No more bytes will come. */
  finish(): void {
    this.#ended = true
    this.#decoder.end()
  }

  /** Emits at most `limit` pieces; fewer when it needs more bytes or is finished. Returns how many. */
  pump(limit: number): number {
    const decoder = this.#decoder
    let done = 0
    while (done < limit && decoder.next()) {
      done++
      this.#in++
      if (decoder.rejected) this.#rejectPiece()
      else this.#record(decoder.record)
    }
    if (done < limit && this.#ended) this.clock.finish()
    return done
  }

  /** Pieces handed out, earlier runs included. */
  get pieces(): number {
    return this.#in
  }

  /** No record with an event time up to this one will come. */
  get watermark(): number {
    return this.clock.watermark
  }

  get finished(): boolean {
    return this.clock.finished
  }

  /** Largest event time seen; MIN_TIME before the first. */
  get maxTime(): number {
    return this.#maxTime
  }

  get ledger(): SplitLedger {
    return { in: this.#in, processed: this.#processed, rejected: this.#rejected, late: this.#late }
  }

  /** Offset of the first byte not yet consumed. */
  get consumed(): number {
    return this.#decoder.consumed
  }

  state(): SplitState {
    const { consumed, row, header } = this.#decoder.state()
    return {
      end: this.end,
      decoder: { consumed, row, header },
      watermark: this.clock.watermark,
      maxTime: this.#maxTime,
      finished: this.finished,
      ledger: { ...this.ledger },
    }
  }

  #record(record: unknown): void {
    let time: number
    try {
      time = this.#timeOf(record)
    } catch (error) {
      this.#reject(record, error)
      return
    }
    if (this.clock.isLate(time)) {
      this.#late++
      this.#emit('late', this.#envelope(this.#maxTime, record))
      return
    }
    this.#observe(time)
    this.#processed++
    this.#emit('records', this.#envelope(time, record))
  }

  #observe(time: number): void {
    if (time > this.#maxTime) this.#maxTime = time
    this.clock.observe(time)
  }

  #timeOf(record: unknown): number {
    if (this.#eventTime === undefined) return this.#decoder.row
    const time = this.#eventTime(record)
    if (typeof time !== 'number' || !Number.isInteger(time) || time < 0 || time >= LAST_EVENT_TIME) {
      throw new MillraceError('ML_EVENT_TIME', {
        what: 'an event time must be whole milliseconds since 1970, before 2100',
        got: time === undefined ? 'undefined' : time,
        where: `source "${this.#uid}"`,
        remedy: 'Return a time() field, or convert to milliseconds',
      })
    }
    return time
  }

  #rejectPiece(): void {
    if (this.#eventTime === undefined) this.#observe(this.#decoder.row)
    const { code, reason, raw } = this.#decoder.rejection
    const letter = letterOf(this.#uid, this.#envelope(this.#maxTime, undefined), raw, undefined)
    this.#emitRejected({ ...letter, code, reason })
  }

  #reject(record: unknown, error: unknown): void {
    this.#emitRejected(letterOf(this.#uid, this.#envelope(this.#maxTime, undefined), record, error))
  }

  #emitRejected(letter: Rejected): void {
    this.#rejected++
    this.#emit('rejected', this.#envelope(this.#maxTime, letter))
  }

  #envelope(time: number, value: unknown): Envelope {
    const position = this.#decoder.position
    return { time, origin: this.#uid, split: this.split, position, path: ROOT_PATH, value }
  }
}
