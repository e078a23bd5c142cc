import { MillraceError } from '../errors.ts'
import type { SourceDeclaration } from './declarations.ts'

/**
 * History, then live: sources of one schema read as one, each to its end before the next begins, such as files of the past
 * and then a log from the offset or time at which they end. All but the last must end by themselves.
 *
 * Nothing is left out and nothing is read twice as far as the parts meet: where one ends and the next begins is theirs to say. The
 * splits of every part are found when the source first starts, so that what a later one means by its latest offset is that of
 * the start, however long the history takes. Watermarks go on over the switch: a part whose first records are older than what
 * its predecessor reached has late records, where event times say so.
 *
 * Guarantee: the least of its parts.
 *
 * @throws ML_RANGE for fewer than two parts, a part before the last that does not end, or schemas that differ
 * @example from('clicks', hybrid(csv('clicks-2025.csv.gz', Click), tail('clicks.jsonl', Click)))
 */
export function hybrid<T>(...parts: readonly SourceDeclaration<T>[]): SourceDeclaration<T> {
  if (parts.length < 2 || !parts.every((part) => part?.role === 'source')) {
    throw refusal('a hybrid source is made of two sources or more', parts.length)
  }
  const [first] = parts
  const last = parts[parts.length - 1]
  const schema = JSON.stringify(first.schema.toJSON())
  for (const part of parts) {
    if (part !== last && part.bounded === false) {
      throw refusal('only the last part of a hybrid source may have no end', part.kind, 'Bound the parts before it')
    }
    if (JSON.stringify(part.schema.toJSON()) !== schema) {
      throw refusal('the parts of a hybrid source have one schema', part.kind, 'Give each the same record(...)')
    }
  }
  const guarantee = (['at-most-once', 'at-least-once'] as const).find((least) =>
    parts.some((part) => part.guarantee === least),
  )
  return {
    role: 'source',
    kind: 'hybrid',
    options: { parts: parts.map(({ kind, options }) => ({ kind, options })) },
    format: { name: 'hybrid', parts: parts.map(({ format }) => format) },
    schema: first.schema,
    bounded: last.bounded !== false,
    ...(last.discoverMs === undefined ? {} : { discoverMs: last.discoverMs }),
    ...(guarantee === undefined ? {} : { guarantee }),
  }
}

function refusal(what: string, got: unknown, remedy?: string): MillraceError {
  return new MillraceError('ML_RANGE', { what, got, where: 'hybrid()', remedy })
}
