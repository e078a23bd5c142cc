/**
 * The instant a text names, in milliseconds since the epoch; NaN for what names none, as `Date.parse` says it.
 *
 * Read are ISO 8601 dates (UTC), date-times with `Z` or an offset, and what `toUTCString` writes. A date-time without
 * a zone is refused: it names another instant on another machine. So is every other text with digits in it, which
 * engines read each in their own way; a text without digits is NaN in all of them.
 */
import { refuse } from './impure.ts'

const iso =
  /^(\d{4}|[+-]\d{6})(?:-(\d\d)(?:-(\d\d))?)?(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(Z|[+-]\d\d:?\d\d)?)?$/
const isoLike = /^[+-]?\d{4,6}-\d\d(?:\D|$)/
const utc = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z][a-z]{2}) (-?\d{4,6}) (\d\d):(\d\d):(\d\d) GMT$/
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const remedy = "Write dates as ISO 8601 with their zone: '2013-01-31T07:30:00Z' or '...-05:00'"

const longest = 8.64e15

export function parseInstant(text: string): number {
  const trimmed = text.trim()
  const written = iso.exec(trimmed)
  if (written !== null) return fromIso(written, trimmed)
  const sent = utc.exec(trimmed)
  if (sent !== null) {
    const day = dayNumber(Number(sent[3]), months.indexOf(sent[2]) + 1, Number(sent[1]))
    return instant(day, Number(sent[4]), Number(sent[5]), Number(sent[6]), 0)
  }
  if (isoLike.test(trimmed) || !/\d/.test(trimmed)) return Number.NaN
  return refuse('engines read this date text in different ways', remedy, text)
}

function fromIso(written: RegExpExecArray, text: string): number {
  const [, year, month = '01', day = '01', hour, minute = '00', second = '00', fraction = '', zone = 'Z'] = written
  if (year === '-000000') return Number.NaN
  if (hour !== undefined && written[8] === undefined) {
    return refuse('a date and time without a zone is local time', remedy, text)
  }
  const millisecond = Number(fraction.slice(0, 3).padEnd(3, '0'))
  const days = dayNumber(Number(year), Number(month), Number(day))
  return instant(days, Number(hour ?? 0), Number(minute), Number(second), millisecond, offsetMs(zone))
}

function instant(days: number, hour: number, minute: number, second: number, millisecond: number, offset = 0): number {
  const inDay = ((hour * 60 + minute) * 60 + second) * 1000 + millisecond
  // 24:00:00 is the end of the day and the only time with hour 24.
  if (inDay > 86_400_000 || minute > 59 || second > 59) return Number.NaN
  const at = days * 86_400_000 + inDay - offset
  return at >= -longest && at <= longest ? at : Number.NaN
}

/** Days since 1970-01-01 of a day that the proleptic Gregorian calendar has; NaN for any other, as 30 February. */
function dayNumber(year: number, month: number, day: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const length = month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
  if (month < 1 || month > 12 || day < 1 || day > length) return Number.NaN
  // Hinnant, "chrono-Compatible Low-Level Date Algorithms": years that begin in March put the leap day last.
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

function offsetMs(zone: string): number {
  if (zone === 'Z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(-2))
  if (hours > 23 || minutes > 59) return Number.NaN
  const size = (hours * 60 + minutes) * 60_000
  return zone[0] === '-' ? -size : size
}
