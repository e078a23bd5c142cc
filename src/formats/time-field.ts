import { parseDecimal, parseInteger } from './decimal.ts'
import type { TimeKind } from './field-type.ts'
import { isoTimeText, parseIsoTime } from './iso-time.ts'
import { utcOffsetMs } from './utc-offset.ts'

/**
 * Reads the times of one field from bytes: ISO texts, milliseconds or seconds, as the field declares.
 *
 * Streams are nearly in order of time, so an ISO text mostly has the date of the one before. Of the usual form,
 * `2013-01-01T05:15:00Z` with or without milliseconds, only the clock is then read: half the time.
 */
export class TimeField {
  readonly unit: TimeKind['unit']
  private readonly offsetMs: number
  private readonly min: number
  private readonly max: number
  private readonly date = new Uint8Array(DATE_BYTES)
  private midnight = NaN

  constructor({ unit, utcOffset, min, max }: TimeKind) {
    this.unit = unit
    this.offsetMs = utcOffset === null ? NaN : utcOffsetMs(utcOffset, 'time()')
    this.min = min
    this.max = max
  }

  /** Milliseconds since 1970 UTC, or NaN when the bytes are no such time or one outside the field's range. */
  read(bytes: Uint8Array, start: number, end: number): number {
    const ms = this.parse(bytes, start, end)
    return ms >= this.min && ms <= this.max ? ms : NaN
  }

  /** Why `read` gave NaN, as the end of a sentence. */
  problem(bytes: Uint8Array, start: number, end: number): string {
    if (!Number.isNaN(this.parse(bytes, start, end))) {
      return `is outside ${isoTimeText(this.min)} to ${isoTimeText(this.max)}`
    }
    if (this.unit === 'ms') return 'is not a whole number of milliseconds'
    if (this.unit === 's') return 'is not a number of seconds'
    return Number.isNaN(parseIsoTime(bytes, start, end, 0))
      ? 'is not an ISO 8601 date-time that exists'
      : 'has no offset from UTC: say which with time({ utcOffset })'
  }

  private parse(bytes: Uint8Array, start: number, end: number): number {
    if (this.unit === 'ms') return parseInteger(bytes, start, end)
    if (this.unit === 's') return Math.round(parseDecimal(bytes, start, end) * 1000) + 0 // + 0 makes -0 a plain zero
    const usual = (end - start === 20 || end - start === 24) && bytes[end - 1] === LETTER_Z
    if (!usual) return parseIsoTime(bytes, start, end, this.offsetMs)
    const ms = this.sameDate(bytes, start) ? this.midnight + clockMs(bytes, start + DATE_BYTES, end - 1) : NaN
    return ms === ms ? ms : this.anyDate(bytes, start, end)
  }

  private sameDate(bytes: Uint8Array, start: number): boolean {
    const { date } = this
    for (let i = DATE_BYTES - 1; i >= 0; i--) if (bytes[start + i] !== date[i]) return false
    return true
  }

  private anyDate(bytes: Uint8Array, start: number, end: number): number {
    const ms = parseIsoTime(bytes, start, end, this.offsetMs)
    if (ms === ms) {
      this.midnight = parseIsoTime(bytes, start, start + DATE_BYTES - 1, 0)
      for (let i = 0; i < DATE_BYTES; i++) this.date[i] = bytes[start + i]
    }
    return ms
  }
}

/** `2013-01-01T` */
const DATE_BYTES = 11
const LETTER_Z = 90

/** The milliseconds of `05:15:00` or `05:15:00.250`; NaN for whatever is not exactly that. */
function clockMs(bytes: Uint8Array, at: number, end: number): number {
  const hour = twoDigits(bytes, at)
  const minute = twoDigits(bytes, at + 3)
  const second = twoDigits(bytes, at + 6)
  if (hour > 23 || minute > 59 || second > 59 || bytes[at + 2] !== 58 || bytes[at + 5] !== 58) return NaN
  const ms = (hour * 60 + minute) * 60_000 + second * 1000
  if (at + 8 === end) return ms
  const tens = twoDigits(bytes, at + 9)
  const ones = (bytes[at + 11] - 48) >>> 0
  return bytes[at + 8] === 46 && tens <= 99 && ones <= 9 ? ms + tens * 10 + ones : NaN
}

/** Two digits as a number; 100 when one is none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] - 48) >>> 0
  const ones = (bytes[at + 1] - 48) >>> 0
  return tens <= 9 && ones <= 9 ? tens * 10 + ones : 100
}
