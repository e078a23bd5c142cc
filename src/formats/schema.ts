import { errorText, MillraceError } from '../errors.ts'
import { type FieldKind, type FieldType, time } from './field-type.ts'

export {
  boolean,
  type FieldKind,
  type FieldType,
  integer,
  number,
  string,
  time,
} from './field-type.ts'

/** A named field: plain JSON, `{ name, type, nullable, ...options }`. */
export type FieldSpec = FieldKind & { readonly name: string }

/** A schema as a plan holds it. */
export interface RecordSchemaJson {
  readonly fields: readonly FieldSpec[]
}

/** The type of a schema's records. */
export type Infer<S> = S extends RecordSchema<infer T> ? T : never

/** What a record holds in a field of type `F`. */
export type FieldValue<F> = F extends FieldType<infer V> ? V : never

/**
 * Which fields a record has, in order, and of which types. Formats decode to it, features are declared on it.
 *
 * Fields keep the order of their declaration; the record's properties are created in that order.
 */
export interface RecordSchema<T> {
  readonly fields: readonly FieldSpec[]
  /**
   * The `validate` option as a function of a decoded record: why it is refused, or undefined. Absent without the
   * option. It is code, so it is not part of the JSON; the plan's bundle carries it.
   */
  readonly check?: (record: unknown) => string | undefined
  toJSON(): RecordSchemaJson
  /** For inference only; never present. */
  readonly '~record'?: T
}

/** The part of Standard Schema 1 (standardschema.dev) that is used: zod, valibot, arktype and others have it. */
export interface StandardSchema {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => unknown
  }
}

export interface RecordOptions {
  /** A synchronous check of each decoded record. What it transforms is ignored; the record stays as decoded. */
  readonly validate?: StandardSchema
}

/**
 * Declares a record: its fields by name, in order.
 *
 * Any name but the empty one is allowed; `__proto__` must be written as a computed key, `['__proto__']: string()`.
 * Names that look like whole numbers come first, in ascending order, as in every JavaScript object.
 *
 * @throws ML_SCHEMA for a record without fields, an empty name, or a value that is not a field type
 * @example const Sensor = record({ id: string(), celsius: number().nullable(), at: time() })
 */
export function record<F extends Record<string, FieldType<unknown>>>(
  fields: F,
  options: RecordOptions = {},
): RecordSchema<{ readonly [P in keyof F]: FieldValue<F[P]> }> {
  const prototype: unknown = Object.getPrototypeOf(fields)
  if (prototype !== null && isFieldType(prototype)) {
    throw refusal("`__proto__: type` in an object literal is no field; write ['__proto__']: type", undefined)
  }
  const specs = Object.keys(fields).map((name) => {
    const type: unknown = fields[name]
    if (!isFieldType(type)) {
      throw refusal(`field "${name}" must be string(), number(), integer(), boolean() or time()`, type)
    }
    return { name, ...type.kind }
  })
  return schemaOf(specs, options.validate)
}

/**
 * The schema of its JSON form; everything but the check comes back.
 *
 * @throws ML_SCHEMA when the JSON is not that of a schema
 */
export function schemaFromJSON(json: unknown): RecordSchema<Readonly<Record<string, unknown>>> {
  const fields = (json as { fields?: unknown } | null)?.fields
  if (!Array.isArray(fields)) throw refusal('a schema in JSON must be { fields: [...] }', json)
  return schemaOf(fields.map(fieldFromJSON), undefined)
}

function fieldFromJSON(json: unknown): FieldSpec {
  const { name, type, nullable, unit, utcOffset, min, max } = (json ?? {}) as Record<string, never>
  if (typeof name !== 'string' || typeof nullable !== 'boolean') {
    throw refusal('a field in JSON must be { name, type, nullable, ...options }', json)
  }
  if (type === 'time') {
    return { name, ...time({ unit, utcOffset: utcOffset ?? undefined, min, max }).kind, nullable } as FieldSpec
  }
  if (type !== 'string' && type !== 'number' && type !== 'integer' && type !== 'boolean') {
    throw refusal(`field "${name}" has an unknown type`, type)
  }
  return { name, type, nullable }
}

function schemaOf<T>(fields: readonly FieldSpec[], validate: StandardSchema | undefined): RecordSchema<T> {
  if (fields.length === 0) throw refusal('a record needs at least one field', undefined)
  const names = new Set<string>()
  for (const { name } of fields) {
    if (name === '') throw refusal('a field name must not be empty', name)
    if (names.has(name)) throw refusal('a field name appears twice', name)
    names.add(name)
  }
  const frozen = Object.freeze(fields.map((field) => Object.freeze(field)))
  const json = Object.freeze({ fields: frozen })
  const check = validate === undefined ? undefined : checkOf(validate)
  return Object.freeze({ fields: frozen, ...(check && { check }), toJSON: () => json })
}

/** Calls the Standard Schema and words its issues; what it throws counts as a refusal. */
function checkOf(validate: StandardSchema): (record: unknown) => string | undefined {
  const standard = (validate as Partial<StandardSchema> | null)?.['~standard']
  if (standard?.version !== 1 || typeof standard.validate !== 'function') {
    throw refusal('validate must be a Standard Schema (version 1)', validate)
  }
  return (record) => {
    let result: { then?: unknown; issues?: readonly { message: string; path?: readonly unknown[] }[] }
    try {
      result = standard.validate(record) as typeof result
    } catch (error) {
      return errorText(error)
    }
    if (typeof result.then === 'function') {
      throw refusal(`the ${standard.vendor} schema of validate is asynchronous`, undefined)
    }
    return result.issues === undefined
      ? undefined
      : result.issues.map(issueText).join('; ') || 'refused without a reason'
  }
}

function issueText(issue: { message: string; path?: readonly unknown[] }): string {
  const path = (issue.path ?? []).map((step) => String((step as { key?: unknown } | null)?.key ?? step)).join('.')
  return path === '' ? issue.message : `${path}: ${issue.message}`
}

function isFieldType(value: unknown): value is FieldType<unknown> {
  const kind = (value as { kind?: { type?: unknown } } | null | undefined)?.kind
  return typeof kind?.type === 'string' && typeof (value as { nullable?: unknown }).nullable === 'function'
}

function refusal(what: string, got: unknown): MillraceError {
  return new MillraceError('ML_SCHEMA', { what, got, where: 'record schema' })
}
