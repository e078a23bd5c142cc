/**
 * ISO 8601 date-times and milliseconds since 1970-01-01 UTC, by arithmetic on the proleptic Gregorian calendar: no
 * `Date`, whose parser guesses and whose local time depends on the machine.
 *
 * Read: `2013-01-01T05:15:00.250-05:00`. `T` may be a space; seconds and fraction may be missing, so may the time with
 * its `T`; the offset is `Z`, `+05:30`, `+0530` or `+05`. Years have four digits. Digits past the
 * millisecond are cut off.
 *
 * @see Hinnant, chrono-compatible low-level date algorithms (days_from_civil, civil_from_days)
 */

/**
 * Milliseconds since 1970 UTC, or NaN when the bytes are no such date-time or name a day or hour that does not exist.
 *
 * @param localOffsetMs offset of texts that carry none; NaN refuses them
 */
export function parseIsoTime(bytes: Uint8Array, start: number, end: number, localOffsetMs: number): number {
  if (end - start < 10 || bytes[start + 4] !== DASH || bytes[start + 7] !== DASH) return NaN
  const year = twoDigits(bytes, start) * 100 + twoDigits(bytes, start + 2)
  const month = twoDigits(bytes, start + 5)
  const day = twoDigits(bytes, start + 8)
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return NaN
  const midnight = daysFromCivil(year, month, day) * DAY_MS
  let at = start + 10
  if (at === end) return midnight - localOffsetMs
  if (end - at < 6 || (bytes[at] !== LETTER_T && bytes[at] !== SPACE) || bytes[at + 3] !== COLON) return NaN
  const hour = twoDigits(bytes, at + 1)
  const minute = twoDigits(bytes, at + 4)
  at += 6
  let second = 0
  let milliseconds = 0
  if (at < end && bytes[at] === COLON) {
    if (end - at < 3) return NaN
    second = twoDigits(bytes, at + 1)
    at += 3
    if (at < end && bytes[at] === DOT) {
      const first = ++at
      for (let scale = 100; at < end && isDigit(bytes[at]); at++, scale = Math.trunc(scale / 10)) {
        milliseconds += (bytes[at] - ZERO) * scale
      }
      if (at === first) return NaN
    }
  }
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return NaN
  const local = midnight + hour * 3_600_000 + minute * 60_000 + second * 1_000 + milliseconds
  return local - (at === end ? localOffsetMs : offsetMs(bytes, at, end))
}

/** `2013-01-01T05:15:00Z`, with three digits of fraction when there is one. For safe integers; else 'not a time'. */
export function isoTimeText(ms: number): string {
  if (!Number.isSafeInteger(ms)) return 'not a time'
  const days = Math.floor(ms / DAY_MS)
  const rest = ms - days * DAY_MS
  const { year, month, day } = civilFromDays(days)
  const fraction = rest % 1_000 === 0 ? '' : `.${padded(rest % 1_000, 3)}`
  const clock = [rest / 3_600_000, (rest / 60_000) % 60, (rest / 1_000) % 60].map((part) => padded(Math.floor(part), 2))
  const years = year >= 0 && year <= 9999 ? padded(year, 4) : `${year < 0 ? '-' : '+'}${padded(Math.abs(year), 6)}`
  return `${years}-${padded(month, 2)}-${padded(day, 2)}T${clock.join(':')}${fraction}Z`
}

/** Days from 1970-01-01 to a day of the Gregorian calendar, which must exist. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year // a year that starts in March has its leap day last
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

/** The way back from days since 1970-01-01. */
export function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

const DAY_MS = 86_400_000
const ZERO = 48
const DASH = 45
const PLUS = 43
const DOT = 46
const COLON = 58
const SPACE = 32
const LETTER_T = 84
const LETTER_Z = 90

/** `Z`, `+05:30`, `+0530` or `+05` up to the very end; NaN otherwise. */
function offsetMs(bytes: Uint8Array, at: number, end: number): number {
  const sign = bytes[at]
  if (sign === LETTER_Z) return at + 1 === end ? 0 : NaN
  if ((sign !== PLUS && sign !== DASH) || end - at < 3) return NaN
  const hours = twoDigits(bytes, at + 1)
  let minutes = 0
  if (end - at === 6 && bytes[at + 3] === COLON) minutes = twoDigits(bytes, at + 4)
  else if (end - at === 5) minutes = twoDigits(bytes, at + 3)
  else if (end - at !== 3) return NaN
  if (!(hours <= 23 && minutes <= 59)) return NaN
  return (sign === DASH ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

/** Two digits as a number; NaN when one is none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  return isDigit(bytes[at]) && isDigit(bytes[at + 1]) ? (bytes[at] - ZERO) * 10 + bytes[at + 1] - ZERO : NaN
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 57
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function padded(value: number, width: number): string {
  return String(value).padStart(width, '0')
}
