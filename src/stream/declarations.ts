/** What connectors declare: plain JSON and a schema. The implementation is found by `kind` when a pipeline runs. */
import type { RecordSchema } from '../formats/schema.ts'
import type { JsonObject, JsonValue } from '../stage/json.ts'

export interface FormatDeclaration {
  readonly name: string
  readonly [option: string]: JsonValue
}

export interface SourceDeclaration<T> {
  readonly role: 'source'
  readonly kind: string
  readonly options: JsonObject
  readonly format: FormatDeclaration
  readonly schema: RecordSchema<T>
  /** False for a source that does not end; absent means it does. */
  readonly bounded?: boolean
  /** Milliseconds between two looks for new splits; absent: those of the start are all. */
  readonly discoverMs?: number
  /** Said by a source that cannot be read again from an offset; absent: each record once. */
  readonly guarantee?: 'at-least-once' | 'at-most-once'
}

export interface SinkDeclaration {
  readonly role: 'sink'
  readonly kind: string
  readonly options: JsonObject
  readonly format: FormatDeclaration
  /** Said by a sink that may show a row twice after a crash, or never; absent: each row once. */
  readonly guarantee?: 'at-least-once' | 'at-most-once'
}
