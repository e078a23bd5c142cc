import { MillraceError } from '../errors.ts'
import { textBytes } from './csv-cell-text.ts'
import type { MessageFrames } from './message-frames.ts'
import type { FieldSpec } from './schema.ts'
import { TextField } from './text-field.ts'

/** What stands beside the value of a message, and of which types a field that takes it may be. */
const KINDS: { readonly [kind: string]: readonly FieldSpec['type'][] } = {
  key: ['string', 'number', 'integer', 'boolean', 'time'],
  header: ['string', 'number', 'integer', 'boolean', 'time'],
  timestamp: ['time', 'number', 'integer'],
  offset: ['integer', 'number'],
  partition: ['integer', 'number', 'string'],
  topic: ['string'],
}

/** `'key' | 'timestamp' | 'offset' | 'partition' | 'topic' | 'header.NAME'`, by the name of the field that takes it. */
export type MessageMetadata = { readonly [field: string]: string }

/** One of them, checked. */
interface Part {
  readonly spec: FieldSpec
  readonly kind: string
  readonly text: TextField
  /** Name of the header. */
  readonly header: Uint8Array
}

/**
 * Fills the fields that are not in the value of a message but beside it.
 *
 * Key and headers are text in UTF-8 that is read as the field's type; of several headers of a name the last counts.
 * Topic and partition are told by the split's id, `topic/partition`.
 */
export class MetadataFields {
  /** After `read` returned false. */
  problem = ''
  private readonly parts: readonly Part[]
  private readonly split: string

  /** @throws ML_SCHEMA for a field that the schema does not have, ML_RANGE for metadata that there is not or of another type */
  constructor(fields: readonly FieldSpec[], metadata: MessageMetadata, split: string) {
    this.split = split
    this.parts = Object.entries(metadata).map(([name, what]) => checked(fields, name, what))
  }

  /** The specs of the fields filled here, in the order of their values. */
  get specs(): readonly FieldSpec[] {
    return this.parts.map(({ spec }) => spec)
  }

  /** Puts what is the same for all messages of the split into `values`, from `at` on. */
  prepare(values: unknown[], at: number): void {
    const slash = this.split.lastIndexOf('/')
    const topic = this.split.slice(this.split.lastIndexOf('/', slash - 1) + 1, Math.max(slash, 0))
    const partition = this.split.slice(slash + 1)
    for (const [i, { kind, spec }] of this.parts.entries()) {
      if (kind !== 'topic' && kind !== 'partition') continue
      if (topic === '' || !/^(0|[1-9][0-9]{0,9})$/.test(partition)) {
        throw new MillraceError('ML_PLAN', {
          what: `field "${spec.name}" takes the ${kind} of a message, which this split does not tell`,
          got: this.split,
          remedy: 'Only sources of topics and partitions have them',
        })
      }
      values[at + i] = kind === 'topic' ? topic : spec.type === 'string' ? partition : Number(partition)
    }
  }

  /** Puts what belongs to the current message into `values`, from `at` on; false when it is not what the field takes. */
  read(frames: MessageFrames, values: unknown[], at: number): boolean {
    const { parts } = this
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]
      switch (part.kind) {
        case 'offset':
          values[at + i] = frames.offset
          break
        case 'timestamp': {
          const time = timestampOf(frames.timestamp, part.spec)
          if (time === undefined) return this.fail(part, timestampProblem(frames.timestamp))
          values[at + i] = time
          break
        }
        case 'key':
          if (!this.text(part, frames, frames.keyStart, frames.keyEnd, values, at + i)) return false
          break
        case 'header':
          if (!this.header(part, frames, values, at + i)) return false
      }
    }
    return true
  }

  private header(part: Part, { bytes, view, headers, headerStart }: MessageFrames, values: unknown[], slot: number) {
    let start = -1
    let end = -1
    for (let at = headerStart, left = headers; left > 0; left--) {
      const name = at + 2
      at = name + view.getUint16(at, true)
      const matches = isText(bytes, name, at, part.header)
      const length = view.getInt32(at, true)
      at += 4 + Math.max(0, length)
      if (matches) {
        start = length < 0 ? -1 : at - length
        end = at
      }
    }
    return this.text(part, { bytes }, start, end, values, slot)
  }

  private text(
    part: Part,
    { bytes }: { readonly bytes: Uint8Array },
    start: number,
    end: number,
    values: unknown[],
    slot: number,
  ): boolean {
    if (start < 0) {
      if (!part.spec.nullable) return this.fail(part, `the message has no ${kindText(part)}`)
      values[slot] = null
      return true
    }
    const value = part.text.read(bytes, start, end)
    if (value === undefined) return this.fail(part, `the ${kindText(part)} ${part.text.problem(bytes, start, end)}`)
    values[slot] = value
    return true
  }

  private fail({ spec }: Part, problem: string): false {
    this.problem = `field ${JSON.stringify(spec.name)}: ${problem}`
    return false
  }
}

function kindText({ kind, header }: Part): string {
  return kind === 'header' ? `header "${String.fromCharCode(...header.subarray(0, 60))}"` : kind
}

/** The timestamp as the field holds it; undefined when it may not. */
function timestampOf(timestamp: number, spec: FieldSpec): number | null | undefined {
  if (timestamp !== timestamp) return spec.nullable ? null : undefined
  if (spec.type === 'number') return timestamp
  if (!Number.isSafeInteger(timestamp)) return undefined
  return spec.type === 'time' && !(timestamp >= spec.min && timestamp <= spec.max) ? undefined : timestamp
}

function timestampProblem(timestamp: number): string {
  return timestamp !== timestamp ? 'the message has no timestamp' : `the timestamp ${timestamp} is outside its range`
}

function isText(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.length) return false
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false
  return true
}

function checked(fields: readonly FieldSpec[], name: string, what: unknown): Part {
  const spec = fields.find((field) => field.name === name)
  if (spec === undefined) {
    throw new MillraceError('ML_SCHEMA', {
      what: `the metadata name a field "${name}" that the schema does not have`,
      remedy: `Declare it in record({...}), or use one of ${fields.map((field) => field.name).join(', ')}`,
    })
  }
  const isHeader = typeof what === 'string' && what.startsWith('header.') && what.length > 7
  const kind = isHeader ? 'header' : String(what)
  if (!Object.hasOwn(KINDS, kind) || what === 'header') {
    throw refusal(`field "${name}" takes an unknown part of the message`, what)
  }
  if (!KINDS[kind].includes(spec.type)) {
    throw refusal(`field "${name}" takes the ${kind}, so it must be ${KINDS[kind].join('() or ')}()`, spec.type)
  }
  return { spec, kind, text: new TextField(spec), header: textBytes(isHeader ? what.slice(7) : '') }
}

function refusal(what: string, got: unknown): MillraceError {
  const remedy = "Use 'key', 'timestamp', 'offset', 'partition', 'topic' or 'header.NAME'"
  return new MillraceError('ML_RANGE', { what, got, where: 'metadata of messages', remedy })
}
