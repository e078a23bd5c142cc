import { MillraceError } from '../errors.ts'

/** A length of time: milliseconds, or text such as '2d', '1h30m', '1.5s', '500ms'. */
export type Duration = number | string

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const

/**
 * A duration in milliseconds. Text is one or more amounts with their units, larger units first, each at most once;
 * an amount may have decimals as long as the whole is a number of milliseconds.
 *
 * @param where what the duration is an option of, for the error
 * @throws ML_RANGE when it is negative, not a whole number of milliseconds up to 2^53 - 1, or not in this form
 */
export function durationMs(duration: Duration, where: string): number {
  const ms = typeof duration === 'string' ? parseDuration(duration) : duration
  if (Number.isSafeInteger(ms) && ms >= 0) return ms + 0
  throw new MillraceError('ML_RANGE', {
    what: 'a duration must be a whole number of milliseconds >= 0, or text of numbers with units',
    got: duration,
    where,
    remedy: "Write milliseconds, or units d, h, m, s, ms from large to small, as in '2d', '1h30m' or '500ms'",
  })
}

/** The milliseconds of a text, NaN where it has not the form. */
function parseDuration(text: string): number {
  let rest = text.trim()
  if (rest === '') return Number.NaN
  let ms = 0
  for (const [unit, unitMs] of units) {
    const match = /^([0-9]{1,16})(?:\.([0-9]{1,9}))?(d|h|ms|m|s)/.exec(rest)
    if (match === null || match[3] !== unit) continue
    ms += amountMs(match[1], (match[2] ?? '').replace(/0+$/, ''), unitMs)
    rest = rest.slice(match[0].length).trimStart()
  }
  return rest === '' ? ms : Number.NaN
}

/** Whole and decimal digits of a unit in milliseconds; NaN where they make no whole number of them. */
function amountMs(whole: string, decimals: string, unitMs: number): number {
  let scale = 1
  for (let i = 0; i < decimals.length; i++) scale *= 10
  const parts = Number(decimals) * unitMs
  if (parts > Number.MAX_SAFE_INTEGER || parts % scale !== 0) return Number.NaN
  return Number(whole) * unitMs + parts / scale
}
