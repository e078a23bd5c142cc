import { type ErrorCode, MillraceError } from '../errors.ts'
import { AvroFields } from './avro-fields.ts'
import { avroFingerprint } from './avro-fingerprint.ts'
import { AvroScanner } from './avro-scanner.ts'
import { type AvroSchemaJson, type AvroType, avroType } from './avro-schema.ts'
import type { FieldSpec } from './schema.ts'

/** Schemas by the ids that a schema registry gave them. */
export interface AvroRegistry {
  readonly registry: { readonly [id: number]: AvroSchemaJson }
  /** Of a sink: the schema it writes. Needed where there are several. */
  readonly id?: number
}

export interface AvroOptions {
  /** What stands before each value: nothing ('plain', the default), or the schema's fingerprint ('single-object'). */
  readonly framing?: 'plain' | 'single-object'
}

/** How a value in Avro is declared: plain JSON, to be the `value` of a format of messages. */
export type AvroFormat = { readonly name: 'avro'; readonly [option: string]: PlainJson }

type PlainJson = null | boolean | number | string | readonly PlainJson[] | { readonly [name: string]: PlainJson }

/**
 * Values in Avro's binary encoding: of one schema, or of several by the id that a schema registry gave them (a byte 0
 * and the id before each value, as Confluent's serializers write it).
 *
 * The ids and their schemas are declared here, none is asked for while the pipeline runs: a message of an unknown id is
 * rejected, naming it. A source finds fields by name; see `AvroFields` for what can be read as what.
 *
 * @param schema as JSON, as the text of it, or `{ registry: { 7: schema, 9: schema }, id?: 9 }`
 * @throws ML_SCHEMA for what is no schema of Avro, ML_RANGE for a wrong option
 * @example avro({ type: 'record', name: 'Click', fields: [{ name: 'user', type: 'string' }] })
 */
export function avro(schema: AvroSchemaJson | AvroRegistry, options: AvroOptions = {}): AvroFormat {
  const { framing = 'plain', ...rest } = options
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) throw refusal(`avro has no option "${unknown}"`, rest, 'Use framing')
  if (isRegistry(schema)) {
    const { registry, id } = schema
    const parsed = Object.entries(registry).map(([key, json]) => [key, plainSchema(json)] as const)
    if (options.framing !== undefined) throw refusal('schemas by id have a framing of their own', framing)
    const format = { name: 'avro', registry: Object.fromEntries(parsed), ...(id !== undefined && { id }) } as const
    avroFraming(format)
    return format
  }
  const format = { name: 'avro', schema: plainSchema(schema), framing } as const
  avroFraming(format)
  return format
}

/** What stands before each value, and which schemas there are. */
export type AvroFraming =
  | { readonly kind: 'plain'; readonly type: AvroType }
  | { readonly kind: 'single-object'; readonly type: AvroType; readonly fingerprint: Uint8Array }
  | { readonly kind: 'registry'; readonly types: ReadonlyMap<number, AvroType>; readonly id: number | undefined }

/** The format's JSON, checked. @throws ML_SCHEMA or ML_RANGE */
export function avroFraming(format: Readonly<Record<string, unknown>>): AvroFraming {
  const { name: _, schema, framing = 'plain', registry, id, ...rest } = format
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) throw refusal(`the format avro has no option "${unknown}"`, rest)
  if (registry !== undefined) {
    if (schema !== undefined) throw refusal('give one schema, or a registry, not both', format)
    return registryOf(registry, id)
  }
  if (id !== undefined) throw refusal('an id needs a registry', id)
  const type = avroType(schema)
  if (framing === 'plain') return { kind: 'plain', type }
  if (framing === 'single-object') return { kind: 'single-object', type, fingerprint: avroFingerprint(type) }
  throw refusal("framing must be 'plain' or 'single-object'", framing)
}

function registryOf(registry: unknown, id: unknown): AvroFraming {
  const entries = typeof registry === 'object' && registry !== null ? Object.entries(registry) : []
  if (entries.length === 0) throw refusal('a registry needs a schema by its id', registry)
  const types = new Map<number, AvroType>()
  for (const [key, json] of entries) {
    if (!/^(0|[1-9][0-9]{0,9})$/.test(key) || Number(key) > 0x7fffffff) {
      throw refusal('the id of a schema must be a whole number of 31 bits', key)
    }
    types.set(Number(key), avroType(json))
  }
  if (id !== undefined && !types.has(id as number)) throw refusal('the registry has no schema of this id', id)
  return {
    kind: 'registry',
    types,
    id: (id as number | undefined) ?? (types.size === 1 ? [...types.keys()][0] : undefined),
  }
}

/** Reads values in Avro into fields: what `MessageValue` asks for. */
export class AvroValue {
  code: ErrorCode = 'ML_MALFORMED'
  reason = ''
  readonly values: unknown[]
  private readonly scanner = new AvroScanner()
  private readonly framing: AvroFraming
  private readonly only: AvroFields | undefined
  private readonly byId = new Map<number, AvroFields>()

  /** @throws ML_SCHEMA when a schema cannot give these fields */
  constructor(format: Readonly<Record<string, unknown>>, fields: readonly FieldSpec[]) {
    this.values = fields.map(() => null)
    this.framing = avroFraming(format)
    if (this.framing.kind !== 'registry') this.only = new AvroFields(this.framing.type, fields, 'Avro schema')
    else {
      for (const [id, type] of this.framing.types) {
        this.byId.set(id, new AvroFields(type, fields, `Avro schema of id ${id}`))
      }
    }
  }

  read(bytes: Uint8Array<ArrayBuffer>, view: DataView, start: number, end: number): boolean {
    const { scanner, framing } = this
    let at = start
    let fields = this.only
    if (framing.kind === 'registry') {
      at += 5
      if (at > end || bytes[start] !== 0) return this.reject('the value does not begin with the id of a schema')
      const id = view.getInt32(start + 1)
      fields = this.byId.get(id)
      if (fields === undefined) return this.reject(`there is no schema of id ${id} in the registry`)
    } else if (framing.kind === 'single-object') {
      at += 10
      if (at > end || bytes[start] !== 0xc3 || bytes[start + 1] !== 1) {
        return this.reject('the value is no single object: it does not begin with C3 01')
      }
      for (let i = 0; i < 8; i++) {
        if (bytes[start + 2 + i] !== framing.fingerprint[i]) return this.reject('the value is of another schema')
      }
    }
    scanner.bytes = bytes
    scanner.view = view
    scanner.end = end
    at = (fields as AvroFields).read(scanner, at, this.values)
    if (at === end) return true
    if (at >= 0) scanner.fail('there are bytes after the value', at)
    return this.reject(`${scanner.problem}, at byte ${scanner.at - start + 1}`, scanner.code)
  }

  private reject(reason: string, code: ErrorCode = 'ML_MALFORMED'): false {
    this.code = code
    this.reason = reason
    return false
  }
}

function isRegistry(schema: AvroSchemaJson | AvroRegistry): schema is AvroRegistry {
  return typeof schema === 'object' && schema !== null && 'registry' in schema && !('type' in schema)
}

/** The schema as plain JSON; it may be given as the text of an .avsc file. */
function plainSchema(schema: AvroSchemaJson): PlainJson {
  try {
    const isText = typeof schema === 'string' && /^\s*[[{"]/.test(schema)
    return JSON.parse(isText ? schema : (JSON.stringify(schema) ?? 'null')) as PlainJson
  } catch (cause) {
    throw new MillraceError('ML_SCHEMA', { what: 'an Avro schema must be JSON', got: schema, where: 'avro', cause })
  }
}

function refusal(what: string, got: unknown, remedy?: string): MillraceError {
  return new MillraceError('ML_RANGE', { what, got, where: 'avro', remedy })
}
