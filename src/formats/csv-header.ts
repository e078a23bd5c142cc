import { MillraceError } from '../errors.ts'
import { nearestName } from './nearest-name.ts'
import type { FieldSpec } from './schema.ts'

/** At most this many names are listed in a message. */
const LISTED = 40

/**
 * The column of each field, in schema order. Columns that no field names are ignored.
 *
 * @throws ML_SCHEMA naming the fields without a column, the columns there are and the nearest name, or a column that
 * a field names and the header has twice
 */
export function columnsOfFields(fields: readonly FieldSpec[], header: readonly string[]): Int32Array {
  const places = new Map<string, number>()
  const repeated = new Set<string>()
  for (const [i, name] of header.entries()) {
    if (places.has(name)) repeated.add(name)
    else places.set(name, i)
  }
  const missing = fields.filter((field) => !places.has(field.name)).map((field) => field.name)
  if (missing.length > 0) {
    const hints = missing.flatMap((name) => {
      const near = nearestName(name, header.slice(0, 1000))
      return near === undefined ? [] : [`"${near}" for "${name}"`]
    })
    const hint = hints.length === 0 ? '' : `; did you mean ${hints.slice(0, LISTED).join(', ')}?`
    throw new MillraceError('ML_SCHEMA', {
      what: `the CSV has no column for ${missing.length === 1 ? 'field' : 'fields'} ${list(missing)}`,
      where: 'the CSV header',
      remedy: `Columns found: ${list(header)}${hint}`,
    })
  }
  const twice = fields.find((field) => repeated.has(field.name))
  if (twice !== undefined) {
    throw new MillraceError('ML_SCHEMA', {
      what: `the CSV has two columns named "${twice.name}"`,
      where: 'the CSV header',
      remedy: 'Rename one of them: which of the two is meant cannot be known',
    })
  }
  return Int32Array.from(fields, (field) => places.get(field.name) as number)
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, LISTED).map((name) => `"${name.length <= 64 ? name : `${name.slice(0, 61)}...`}"`)
  return names.length <= LISTED ? shown.join(', ') : `${shown.join(', ')} and ${names.length - LISTED} more`
}
