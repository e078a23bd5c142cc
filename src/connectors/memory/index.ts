/** Records in memory as a source, and a sink to be looked at: for tests, and for programs that hold what they feed. */
import { utf8Read } from '../../bytes/utf8.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { MillraceError } from '../../errors.ts'
import { encodeJson } from '../../formats/json-encode.ts'
import { type RecordSchema, schemaFromJSON } from '../../formats/schema.ts'
import type { SinkDeclaration, SourceDeclaration } from '../../stream/declarations.ts'

/** A record, or a line of text as it might stand in a file: so that a test can feed what is no record. */
export type MemoryRow<T> = T | string

/**
 * Records of this program as a source: one list is one split, a list of lists one split each, named '0', '1', ...
 *
 * They travel as JSON lines inside the plan and are decoded like those of a file, so keep them few. Times are given as
 * the records hold them, in milliseconds.
 *
 * Guarantee: exactly once.
 *
 * @throws ML_VALUE for a record that JSON cannot hold, such as one with NaN; ML_RANGE for something that is no list
 */
export function memory<T>(
  records: readonly MemoryRow<NoInfer<T>>[] | readonly (readonly MemoryRow<NoInfer<T>>[])[],
  schema: RecordSchema<T>,
): SourceDeclaration<T>
/**
 * Rows kept by this process, exactly once: `MemoryEnds.rows` shows those that a checkpoint covers.
 */
export function memory(): SinkDeclaration
export function memory<T>(
  records?: readonly unknown[],
  schema?: RecordSchema<T>,
): SourceDeclaration<T> | SinkDeclaration {
  if (records === undefined) {
    return { role: 'sink', kind: 'memory', options: {}, format: { name: 'value' } }
  }
  if (!Array.isArray(records) || schema === undefined) {
    throw new MillraceError('ML_RANGE', {
      what: 'memory() takes a list of records and their schema, or nothing for a sink',
      got: records,
      where: 'millrace/memory',
    })
  }
  const lists = Array.isArray(records[0]) ? (records as unknown[][]) : [records]
  return {
    role: 'source',
    kind: 'memory',
    options: { splits: lists.map((list, split) => lines(list, split)) },
    format: { name: 'jsonl' },
    schema: withTimesAsHeld(schema),
  }
}

function lines(records: readonly unknown[], split: number): string {
  const writer = new ByteWriter(1024)
  return records
    .map((record, row) => {
      if (typeof record === 'string') return `${record}\n`
      writer.reset()
      encodeJson(record, writer, `memory source, split ${split}, record ${row}`)
      return `${utf8Read(writer.bytes, 0, writer.length)}\n`
    })
    .join('')
}

/** The same schema, but with each time read as the milliseconds a record holds, whatever its unit in a file. */
function withTimesAsHeld<T>(schema: RecordSchema<T>): RecordSchema<T> {
  const { fields } = schema.toJSON()
  const asHeld = schemaFromJSON({
    fields: fields.map((field) => (field.type === 'time' ? { ...field, unit: 'ms' } : field)),
  })
  return Object.freeze({ ...asHeld, ...(schema.check && { check: schema.check }) }) as RecordSchema<T>
}
