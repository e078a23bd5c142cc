import { MillraceError } from '../errors.ts'
import { MAX_DEPTH } from './value-check.ts'

/** A schema as Avro writes it, in JSON: a type's name, an object with `type`, or a list of branches. */
export type AvroSchemaJson = string | object

export const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const

interface Plain {
  readonly kind: (typeof PRIMITIVES)[number]
  readonly logical: string | undefined
}

export interface AvroRecord {
  readonly kind: 'record'
  readonly name: string
  /** Filled when the record is read, which may refer to itself. */
  readonly fields: AvroField[]
}

export interface AvroField {
  readonly name: string
  readonly type: AvroType
  /** As JSON; undefined where there is none. */
  readonly default: unknown
}

export interface AvroEnum {
  readonly kind: 'enum'
  readonly name: string
  readonly symbols: readonly string[]
}

export interface AvroFixed {
  readonly kind: 'fixed'
  readonly name: string
  readonly size: number
  readonly logical: string | undefined
}

export interface AvroArray {
  readonly kind: 'array'
  readonly items: AvroType
}

export interface AvroMap {
  readonly kind: 'map'
  readonly values: AvroType
}

export interface AvroUnion {
  readonly kind: 'union'
  readonly branches: readonly AvroType[]
}

/** A type with its names resolved: what refers to a named type holds that very type. */
export type AvroType = Plain | AvroRecord | AvroEnum | AvroFixed | AvroArray | AvroMap | AvroUnion

/**
 * Reads an Avro schema.
 *
 * @throws ML_SCHEMA naming the place, for what is no schema of Avro 1.12
 */
export function avroType(json: unknown): AvroType {
  const type = new SchemaReader().type(json, '', 'schema', 0)
  refuseEndless(type, [])
  return type
}

/** A type as an error names it. */
export function typeName(type: AvroType): string {
  if (type.kind === 'union') return `[${type.branches.map(typeName).join(', ')}]`
  if ('name' in type) return `${type.kind} ${type.name}`
  return 'logical' in type && type.logical !== undefined ? `${type.kind} (${type.logical})` : type.kind
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const FULL_NAME = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/
const LARGEST_FIXED = 1 << 28

class SchemaReader {
  private readonly named = new Map<string, AvroType>()

  /** @param space the namespace that surrounds the type */
  type(json: unknown, space: string, where: string, depth: number): AvroType {
    if (depth > MAX_DEPTH) throw refusal(`more than ${MAX_DEPTH} levels deep`, undefined, where)
    if (typeof json === 'string') return this.reference(json, space, where)
    if (Array.isArray(json)) return this.union(json, space, where, depth)
    if (typeof json !== 'object' || json === null) throw refusal('a type is a name, an object or a list', json, where)
    const { type, logicalType, items, values } = json as Record<string, unknown>
    const logical = typeof logicalType === 'string' ? logicalType : undefined
    switch (type) {
      case 'record':
      case 'error':
        return this.record(json as Record<string, unknown>, space, where, depth)
      case 'enum':
        return this.enumeration(json as Record<string, unknown>, space, where)
      case 'fixed':
        return this.fixed(json as Record<string, unknown>, space, where, logical)
      case 'array':
        return { kind: 'array', items: this.type(items, space, `${where}, items`, depth + 1) }
      case 'map':
        return { kind: 'map', values: this.type(values, space, `${where}, values`, depth + 1) }
    }
    const inner = this.type(type, space, where, depth + 1)
    return isPlain(inner) ? { kind: inner.kind, logical } : inner
  }

  private reference(name: string, space: string, where: string): AvroType {
    const kind = PRIMITIVES.find((primitive) => primitive === name)
    if (kind !== undefined) return { kind, logical: undefined }
    const type = this.named.get(fullName(name, space)) ?? this.named.get(name)
    if (type === undefined) throw refusal('there is no type of this name', name, where)
    return type
  }

  private union(json: readonly unknown[], space: string, where: string, depth: number): AvroUnion {
    if (json.length === 0) throw refusal('a union needs a branch', json, where)
    const branches = json.map((branch, i) => this.type(branch, space, `${where}, branch ${i + 1}`, depth + 1))
    const kinds = branches.map((branch) => ('name' in branch ? branch.name : branch.kind))
    if (kinds.includes('union')) throw refusal('a union must not hold a union', undefined, where)
    if (new Set(kinds).size < kinds.length) throw refusal('a union has two branches of one type', kinds, where)
    return { kind: 'union', branches }
  }

  private record(json: Record<string, unknown>, space: string, where: string, depth: number): AvroRecord {
    const record: AvroRecord = { kind: 'record', name: this.nameOf(json, space, where), fields: [] }
    this.named.set(record.name, record)
    const inside = record.name.slice(0, Math.max(0, record.name.lastIndexOf('.')))
    const { fields } = json
    if (!Array.isArray(fields)) throw refusal('a record needs a list of fields', fields, where)
    const names = new Set<string>()
    for (const field of fields as unknown[]) {
      const { name, type, default: given } = (field ?? {}) as Record<string, unknown>
      if (typeof name !== 'string' || !NAME.test(name)) throw refusal('a field needs a name', field, where)
      if (names.has(name)) throw refusal('a field appears twice', name, where)
      names.add(name)
      record.fields.push({
        name,
        type: this.type(type, inside, `field "${name}" of ${record.name}`, depth + 1),
        default: given,
      })
    }
    return record
  }

  private enumeration(json: Record<string, unknown>, space: string, where: string): AvroEnum {
    const { symbols } = json
    const list = Array.isArray(symbols) ? (symbols as unknown[]) : []
    const isGood = list.every((symbol) => typeof symbol === 'string' && NAME.test(symbol))
    if (!isGood || list.length === 0 || new Set(list).size < list.length) {
      throw refusal('an enum needs a list of different symbols', symbols, where)
    }
    const type: AvroEnum = { kind: 'enum', name: this.nameOf(json, space, where), symbols: list as string[] }
    this.named.set(type.name, type)
    return type
  }

  private fixed(json: Record<string, unknown>, space: string, where: string, logical: string | undefined): AvroFixed {
    const { size } = json
    if (!Number.isSafeInteger(size) || (size as number) < 0 || (size as number) > LARGEST_FIXED) {
      throw refusal('a fixed needs a size in bytes', size, where)
    }
    const type: AvroFixed = { kind: 'fixed', name: this.nameOf(json, space, where), size: size as number, logical }
    this.named.set(type.name, type)
    return type
  }

  private nameOf(json: Record<string, unknown>, space: string, where: string): string {
    const { name, namespace } = json
    if (typeof name !== 'string' || !FULL_NAME.test(name)) throw refusal('a named type needs a name', name, where)
    if (namespace !== undefined && namespace !== '' && !(typeof namespace === 'string' && FULL_NAME.test(namespace))) {
      throw refusal('a namespace is a name with dots', namespace, where)
    }
    const full = fullName(name, (namespace as string | undefined) ?? space)
    if (this.named.has(full) || PRIMITIVES.some((primitive) => primitive === full)) {
      throw refusal('a name is given twice, or is that of a primitive type', full, where)
    }
    return full
  }
}

function isPlain(type: AvroType): type is Plain {
  return 'logical' in type && type.kind !== 'fixed'
}

function fullName(name: string, space: string): string {
  return name.includes('.') || space === '' ? name : `${space}.${name}`
}

/** Refuses a record that holds itself without a union, array or map in between: no bytes could be one. */
function refuseEndless(type: AvroType, around: readonly AvroType[], seen = new Set<AvroType>()): void {
  if (around.includes(type)) throw refusal('a record holds itself, without end', typeName(type), 'schema')
  if (seen.has(type)) return
  if (type.kind === 'record') for (const field of type.fields) refuseEndless(field.type, [...around, type], seen)
  seen.add(type)
  if (type.kind === 'union') for (const branch of type.branches) refuseEndless(branch, [], seen)
  if (type.kind === 'array') refuseEndless(type.items, [], seen)
  if (type.kind === 'map') refuseEndless(type.values, [], seen)
}

function refusal(what: string, got: unknown, where: string): MillraceError {
  return new MillraceError('ML_SCHEMA', { what, got, where: `Avro ${where}` })
}
