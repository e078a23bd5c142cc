import { MillraceError } from '../errors.ts'
import { utcOffsetMs } from './utc-offset.ts'

/** How times are written: as ISO 8601 text, or as a number of milliseconds or seconds since 1970 UTC. */
export type TimeUnit = 'iso' | 'ms' | 's'

export interface TimeOptions {
  /** How times are written; ISO 8601 by default. Whatever it is, the record holds milliseconds since 1970 UTC. */
  readonly unit?: TimeUnit
  /** The offset of ISO texts that carry none, such as '-05:00'. Without it such a text is rejected, never guessed. */
  readonly utcOffset?: string
  /** Earliest time accepted, in milliseconds since 1970 UTC; 1970-01-01 by default. */
  readonly min?: number
  /** Latest time accepted, in milliseconds since 1970 UTC; 2100-01-01 by default. */
  readonly max?: number
}

/** What a field is, without its name: plain JSON. */
export type FieldKind =
  | { readonly type: 'string'; readonly nullable: boolean }
  | { readonly type: 'number'; readonly nullable: boolean }
  | { readonly type: 'integer'; readonly nullable: boolean }
  | { readonly type: 'boolean'; readonly nullable: boolean }
  | TimeKind

export interface TimeKind {
  readonly type: 'time'
  readonly nullable: boolean
  readonly unit: TimeUnit
  /** null: a text without offset is rejected. */
  readonly utcOffset: string | null
  readonly min: number
  readonly max: number
}

/** The type of one field, to be named in `record({...})`. `V` is what the record holds. */
export interface FieldType<V> {
  readonly kind: FieldKind
  /** The same type, or null: an empty JSON null, an empty CSV cell or one of `nullValues`. */
  nullable(): FieldType<V | null>
  /** For inference only; never present. */
  readonly '~value'?: V
}

/** Any text. Strings are sequences of Unicode scalar values: a lone surrogate is rejected. */
export function string(): FieldType<string> {
  return fieldType({ type: 'string', nullable: false })
}

/** A finite double. Text must be a plain decimal; an integer literal past 2^53 that would lose digits is rejected. */
export function number(): FieldType<number> {
  return fieldType({ type: 'number', nullable: false })
}

/** A whole number that a double holds exactly: between -(2^53-1) and 2^53-1. */
export function integer(): FieldType<number> {
  return fieldType({ type: 'integer', nullable: false })
}

/** true or false; CSV also accepts 1 and 0. */
export function boolean(): FieldType<boolean> {
  return fieldType({ type: 'boolean', nullable: false })
}

/** 2100-01-01T00:00:00Z. A time later than this is far more often a mistake than a time. */
const DEFAULT_MAX_MS = 4_102_444_800_000

/**
 * A point in time, held as milliseconds since 1970-01-01 UTC (a number, so that it sorts and subtracts).
 *
 * A time outside `min` .. `max` is rejected: one event of the year 9999 would push the watermark past all others.
 *
 * @throws ML_SCHEMA when an option is not of its kind
 */
export function time(options: TimeOptions = {}): FieldType<number> {
  const { unit = 'iso', utcOffset = null, min = 0, max = DEFAULT_MAX_MS } = options
  if (unit !== 'iso' && unit !== 'ms' && unit !== 's') {
    throw new MillraceError('ML_SCHEMA', { what: 'the unit of a time must be iso, ms or s', got: unit })
  }
  if (utcOffset !== null) utcOffsetMs(utcOffset, 'time()')
  if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || min > max) {
    throw new MillraceError('ML_SCHEMA', {
      what: 'min and max of a time must be whole milliseconds since 1970, min first',
      got: { min, max },
    })
  }
  return fieldType({ type: 'time', nullable: false, unit, utcOffset, min, max })
}

/** The field type of a kind: the way back from plain JSON. */
export function fieldType<V>(kind: FieldKind): FieldType<V> {
  return { kind, nullable: () => fieldType<V | null>({ ...kind, nullable: true }) }
}
