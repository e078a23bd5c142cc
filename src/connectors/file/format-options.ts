/** What the declarations of file sources and sinks have in common. */
import { MillraceError } from '../../errors.ts'
import { csvOptions } from '../../formats/csv-options.ts'
import { jsonDecoder } from '../../formats/json-lines.ts'
import type { RecordSchema } from '../../formats/schema.ts'
import type { JsonObject, JsonValue } from '../../stage/json.ts'
import type { FormatDeclaration } from '../../stream/declarations.ts'

/** @throws ML_RANGE for a format or an option of it that there is not */
export function readFormat<T>(name: unknown, schema: RecordSchema<T>, options: object): FormatDeclaration {
  if (name === 'csv') csvOptions(options)
  else if (name === 'jsonl') jsonDecoder(schema, options as { readonly [option: string]: unknown })
  else throw refusal('the format of a file is csv or jsonl', name)
  return { name, ...plain(options) }
}

/** As JSON holds it: without what is undefined. */
export function plain(options: object): JsonObject {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given as [string, JsonValue][])
}

export function refusal(what: string, got: unknown, remedy?: string): MillraceError {
  return new MillraceError('ML_RANGE', { what, got, where: 'millrace/file', remedy })
}
