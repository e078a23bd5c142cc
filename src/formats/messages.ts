import { MillraceError } from '../errors.ts'
import type { Decoder, DecoderState, Rejection } from './decoder.ts'
import { MessageFrames } from './message-frames.ts'
import { type MessageMetadata, MetadataFields } from './message-metadata.ts'
import { type MessageValue, messageValue, type ValueFormat } from './message-value.ts'
import { rawText } from './raw-text.ts'
import { type RecordConstructor, recordConstructor } from './record-constructor.ts'
import type { FieldSpec, RecordSchema } from './schema.ts'

export interface MessagesOptions {
  /** How the value of a message is written. */
  readonly value: ValueFormat
  /** Which fields are not in the value but beside it. */
  readonly metadata?: MessageMetadata
  /** Longest message with its key and headers; 16 MiB by default. Longer ones are rejected. Bounds the memory of a split. */
  readonly maxRecordBytes?: number
}

/**
 * Decodes messages, which come in frames (`message.ts`), to the records of a schema.
 *
 * A record's place is the message's offset; reading resumes at the offset after it, and a message below that is passed
 * over. A message is rejected, as a whole, when
 * - its value is not what the format says: JSON as strictly as in JSON lines, text that is UTF-8, Avro of its schema;
 * - a field is missing or not of its type, in the value or beside it;
 * - it has no value (a tombstone), unless all fields of the value are nullable: they are then null;
 * - it is longer than `maxRecordBytes`.
 * A property of the value that has the name of a metadata field is ignored like any that no field names.
 *
 * @param split id of the split, `topic/partition`
 * @param resume the state of an earlier decoder; the messages to come start at its `consumed`
 * @throws ML_RANGE or ML_SCHEMA for a wrong option; `next()` throws ML_CORRUPT for bytes that are no frames
 */
export function messagesDecoder<T>(
  schema: RecordSchema<T>,
  options: MessagesOptions | Readonly<Record<string, unknown>>,
  split: string,
  resume?: DecoderState,
): MessagesDecoder<T> {
  return new MessagesDecoder(schema, options, split, resume)
}

/** Refuses what `messagesDecoder` would refuse, before there is a split. */
export function checkMessages(schema: RecordSchema<unknown>, options: MessagesOptions): void {
  new MessagesDecoder(schema, options, undefined)
}

/** See `messagesDecoder`. Holds the chunk before it, and at most `maxRecordBytes` more. */
export class MessagesDecoder<T> implements Decoder<T> {
  rejected = false
  record!: T
  rejection: Rejection = { code: 'ML_MALFORMED', reason: '', raw: '' }
  position: number
  consumed: number
  row: number

  private readonly frames: MessageFrames
  private readonly value: MessageValue
  private readonly metadata: MetadataFields
  private readonly valueFields: readonly FieldSpec[]
  private readonly noValueIsNull: boolean
  private readonly construct: RecordConstructor<T>
  private readonly check: RecordSchema<T>['check']
  private readonly maxRecordBytes: number
  private pieces: number

  constructor(
    schema: RecordSchema<T>,
    options: MessagesOptions | Readonly<Record<string, unknown>>,
    split: string | undefined,
    resume?: DecoderState,
  ) {
    const { value, metadata = {}, maxRecordBytes = 1 << 24, ...rest } = options as MessagesOptions
    const [unknown] = Object.keys(rest)
    if (unknown !== undefined) throw refusal(`messages have no option "${unknown}"`, rest)
    if (!Number.isSafeInteger(maxRecordBytes) || maxRecordBytes < 1 || maxRecordBytes > 1 << 28) {
      throw refusal('maxRecordBytes must be a whole number between 1 and 256 MiB', maxRecordBytes)
    }
    this.maxRecordBytes = maxRecordBytes
    this.frames = new MessageFrames(maxRecordBytes)
    this.metadata = new MetadataFields(schema.fields, metadata, split ?? '')
    const beside = this.metadata.specs
    this.valueFields = schema.fields.filter((field) => !beside.includes(field))
    this.value = messageValue(value ?? { name: '' }, this.valueFields)
    this.noValueIsNull = this.valueFields.every(({ nullable }) => nullable)
    const slots = [...this.valueFields, ...beside]
    for (const _ of beside) this.value.values.push(null)
    if (split !== undefined) this.metadata.prepare(this.value.values, this.valueFields.length)
    this.construct = recordConstructor<T>(
      schema.fields.map((field) => field.name),
      schema.fields.map((field) => slots.indexOf(field)),
    )
    this.check = schema.check
    this.position = this.consumed = resume?.consumed ?? 0
    this.row = this.pieces = resume?.row ?? 0
  }

  push(chunk: Uint8Array): void {
    this.frames.push(chunk)
  }

  end(): void {
    this.frames.end()
  }

  next(): boolean {
    const { frames } = this
    do if (!frames.next()) return this.pause()
    while (frames.offset < this.consumed)
    this.position = frames.offset
    this.consumed = frames.offset + 1
    this.row = this.pieces++
    this.rejected = false
    if (frames.tooLong) this.reject('ML_RECORD_SIZE', `the message is longer than ${this.maxRecordBytes} bytes`)
    else this.take()
    return true
  }

  private pause(): false {
    if (this.frames.reached > this.consumed) this.consumed = this.frames.reached
    return false
  }

  state(): DecoderState {
    return { consumed: this.consumed, row: this.pieces, header: null }
  }

  private take(): void {
    const { frames, value, metadata } = this
    if (frames.valueStart < 0) {
      if (!this.noValueIsNull) return this.reject('ML_FIELD', 'the message has no value: it is a tombstone')
      value.values.fill(null, 0, this.valueFields.length)
    } else if (!value.read(frames.bytes, frames.view, frames.valueStart, frames.valueEnd)) {
      return this.reject(value.code, value.reason)
    }
    if (!metadata.read(frames, value.values, this.valueFields.length)) return this.reject('ML_FIELD', metadata.problem)
    this.record = this.construct(value.values)
    const problem = this.check?.(this.record)
    if (problem !== undefined) this.reject('ML_CHECK', problem)
  }

  private reject(code: Rejection['code'], reason: string): void {
    const { bytes, valueStart, valueEnd } = this.frames
    this.rejected = true
    this.rejection = { code, reason, raw: valueStart < 0 ? '' : rawText(bytes, valueStart, valueEnd) }
  }
}

function refusal(what: string, got: unknown): MillraceError {
  const remedy = 'Use value, metadata or maxRecordBytes'
  return new MillraceError('ML_RANGE', { what, got, where: 'format of messages', remedy })
}
