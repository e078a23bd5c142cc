import { MillraceError } from '../errors.ts'

const OFFSET = /^([+-])([01][0-9]|2[0-3]):?([0-5][0-9])$/

/**
 * A fixed offset from UTC, `Z`, `+05:30` or `-0500`, as milliseconds to add to UTC to get local time.
 * Named zones are not offsets: their rules change, and results would change with them.
 *
 * @throws ML_SCHEMA when the text is not such an offset
 */
export function utcOffsetMs(text: string, where: string): number {
  if (text === 'Z' || text === 'z') return 0
  const match = typeof text === 'string' ? OFFSET.exec(text) : null
  if (match === null) {
    throw new MillraceError('ML_SCHEMA', {
      what: 'utcOffset must be a fixed offset from UTC',
      got: text,
      where,
      remedy: "Write it as 'Z', '+05:30' or '-05:00'; zones with daylight saving must be converted before",
    })
  }
  const minutes = Number(match[2]) * 60 + Number(match[3])
  return (match[1] === '-' ? -minutes : minutes) * 60_000
}
