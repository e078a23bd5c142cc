import { utf8Length, utf8Write } from '../bytes/utf8.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { avroFraming } from './avro.ts'
import { type AvroRecord, type AvroType, type AvroUnion, typeName } from './avro-schema.ts'
import { hasOwn, isBytes, isPlainObject, MAX_DEPTH, pathStep } from './value-check.ts'

/**
 * Writes rows in Avro's binary encoding, by the schema of a format.
 *
 * Properties that no field names are left out. A field whose property is missing takes its default, or null where it may.
 * Numbers must be what the type holds: whole for int, long, times and dates (in milliseconds; a date at midnight UTC),
 * finite for float, which rounds, and double. Of a union the first branch counts that holds the value.
 *
 * @throws ML_SCHEMA when declared, for a logical type that cannot be written; ML_VALUE naming the path, for a value
 */
export class AvroEncoder {
  private readonly type: AvroType
  private readonly head: Uint8Array

  constructor(format: Readonly<Record<string, unknown>>) {
    const framing = avroFraming(format)
    if (framing.kind === 'registry') {
      const { id, types } = framing
      if (id === undefined) {
        throw new MillraceError('ML_RANGE', {
          what: 'a sink writes one of the schemas',
          got: [...types.keys()],
          where: 'avro',
          remedy: 'Name it: { registry, id }',
        })
      }
      this.type = types.get(id) as AvroType
      this.head = Uint8Array.of(0, id >>> 24, id >>> 16, id >>> 8, id)
    } else {
      this.type = framing.type
      this.head = framing.kind === 'plain' ? new Uint8Array(0) : Uint8Array.of(0xc3, 1, ...framing.fingerprint)
    }
    if (this.type.kind !== 'record') {
      throw new MillraceError('ML_SCHEMA', { what: `rows must be records, not ${typeName(this.type)}`, where: 'avro' })
    }
    refuseUnwritable(this.type, new Set())
  }

  /** Writes the value, without its length. After an error the writer may hold a part of it. */
  encode(row: unknown, writer: ByteWriter): void {
    writer.raw(this.head)
    const fault = write(this.type, row, writer, 0)
    if (fault !== undefined) {
      const { path, why } = fault
      throw new MillraceError('ML_VALUE', { what: `${path === '' ? 'the row' : path} ${why}`, where: 'Avro row' })
    }
  }
}

/** What a value is not, and where in the row it stands. */
interface Fault {
  readonly path: string
  readonly why: string
}

const DAY_MS = 86_400_000
const TOO_DEEP = `is more than ${MAX_DEPTH} levels deep`
const WRITABLE = [undefined, 'timestamp-millis', 'timestamp-micros', 'date', 'uuid']

function refuseUnwritable(type: AvroType, seen: Set<AvroType>): void {
  if (seen.has(type)) return
  seen.add(type)
  if ('logical' in type && !WRITABLE.includes(type.logical)) {
    throw new MillraceError('ML_SCHEMA', {
      what: `${typeName(type)} cannot be written`,
      where: 'avro',
      remedy: 'Use timestamp-millis, timestamp-micros, date or uuid, or a type without logicalType',
    })
  }
  for (const inner of innerTypes(type)) refuseUnwritable(inner, seen)
}

function innerTypes(type: AvroType): readonly AvroType[] {
  if (type.kind === 'record') return type.fields.map((field) => field.type)
  if (type.kind === 'union') return type.branches
  return type.kind === 'array' ? [type.items] : type.kind === 'map' ? [type.values] : []
}

function write(type: AvroType, value: unknown, writer: ByteWriter, depth: number): Fault | undefined {
  switch (type.kind) {
    case 'null':
      return value === null || value === undefined ? undefined : not('null')
    case 'boolean':
      if (typeof value !== 'boolean') return not('true or false')
      writer.u8(value ? 1 : 0)
      return
    case 'int':
      return writeWhole(value, type.logical, 31, writer)
    case 'long':
      return writeWhole(value, type.logical, 63, writer)
    case 'float':
    case 'double':
      return writeFloat(value, type.kind, writer)
    case 'string':
      return writeText(value, writer)
    case 'bytes':
      return writeBytes(value, undefined, writer)
    case 'fixed': {
      const isUuid = type.logical === 'uuid' && type.size === 16 && typeof value === 'string'
      return writeBytes(isUuid ? uuidBytes(value) : value, type.size, writer)
    }
    case 'enum': {
      const index = type.symbols.indexOf(value as string)
      if (index < 0) return not(`one of ${type.symbols.join(', ')}`)
      writer.zigzag(index)
      return
    }
    case 'union':
      return writeUnion(type, value, writer, depth)
  }
  if (depth === MAX_DEPTH) return { path: '', why: TOO_DEEP }
  if (type.kind === 'record') return writeRecord(type, value, writer, depth + 1)
  return type.kind === 'array'
    ? writeArray(type.items, value, writer, depth + 1)
    : writeMap(type.values, value, writer, depth + 1)
}

function not(what: string): Fault {
  return { path: '', why: `is not ${what}` }
}

function writeRecord(type: AvroRecord, value: unknown, writer: ByteWriter, depth: number): Fault | undefined {
  if (!isObject(value)) return not(`an object, for ${typeName(type)}`)
  for (const field of type.fields) {
    let item = hasOwn.call(value, field.name) ? value[field.name] : undefined
    if (item === undefined && field.default !== undefined) item = defaultOf(field.type, field.default)
    const fault = write(field.type, item, writer, depth)
    if (fault !== undefined) {
      if (item === undefined) return { path: pathStep(field.name), why: 'is missing' }
      return { path: pathStep(field.name) + fault.path, why: fault.why }
    }
  }
  return
}

/** A default in a schema is JSON: of bytes it has the text, a character a byte. */
function defaultOf(type: AvroType, given: unknown): unknown {
  const first = type.kind === 'union' ? type.branches[0] : type
  if ((first.kind !== 'bytes' && first.kind !== 'fixed') || typeof given !== 'string') return given
  return Uint8Array.from(given, (character) => character.charCodeAt(0))
}

function writeArray(items: AvroType, value: unknown, writer: ByteWriter, depth: number): Fault | undefined {
  if (!Array.isArray(value)) return not('an array')
  if (value.length > 0) writer.zigzag(value.length)
  for (let i = 0; i < value.length; i++) {
    const fault = write(items, value[i], writer, depth)
    if (fault !== undefined) return { path: `[${i}]${fault.path}`, why: fault.why }
  }
  writer.u8(0)
  return
}

function writeMap(values: AvroType, value: unknown, writer: ByteWriter, depth: number): Fault | undefined {
  if (!isObject(value)) return not('an object, for a map')
  const names = Object.keys(value).filter((name) => value[name] !== undefined)
  if (names.length > 0) writer.zigzag(names.length)
  for (const name of names) {
    const fault = writeText(name, writer) ?? write(values, value[name], writer, depth)
    if (fault !== undefined) return { path: pathStep(name) + fault.path, why: fault.why }
  }
  writer.u8(0)
  return
}

function writeUnion(type: AvroUnion, value: unknown, writer: ByteWriter, depth: number): Fault | undefined {
  const start = writer.length
  let deepest: Fault | undefined
  for (const [index, branch] of type.branches.entries()) {
    writer.zigzag(index)
    const fault = write(branch, value, writer, depth)
    if (fault === undefined) return
    writer.truncate(start)
    if (fault.why === TOO_DEEP || fault.path.length > (deepest?.path.length ?? 0)) deepest = fault
  }
  return deepest ?? not(`one of ${typeName(type)}`)
}

function writeWhole(value: unknown, logical: string | undefined, bits: 31 | 63, writer: ByteWriter): Fault | undefined {
  if (typeof value === 'bigint') {
    if (value !== BigInt.asIntN(bits + 1, value)) return not(`a whole number of ${bits + 1} bits`)
    writeBig(value, writer)
    return
  }
  const scaled = typeof value === 'number' ? scaledTo(value, logical) : NaN
  if (!Number.isSafeInteger(scaled) || (bits === 31 && scaled !== (scaled | 0))) {
    const times =
      logical === undefined
        ? ''
        : `, for ${logical}: milliseconds since 1970${logical === 'date' ? ' at midnight UTC' : ''}`
    return not(`a whole number of ${bits + 1} bits that a double holds${times}`)
  }
  writer.zigzag(scaled)
  return
}

function scaledTo(ms: number, logical: string | undefined): number {
  return logical === 'timestamp-micros' ? ms * 1000 : logical === 'date' ? ms / DAY_MS : ms
}

function writeBig(value: bigint, writer: ByteWriter): void {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  for (; rest > 127n; rest >>= 7n) writer.u8(Number(rest & 127n) | 128)
  writer.u8(Number(rest))
}

function writeFloat(value: unknown, kind: 'float' | 'double', writer: ByteWriter): Fault | undefined {
  if (typeof value !== 'number' || value - value !== 0) return not('a finite number')
  if (kind === 'double') {
    writer.f64(value)
    return
  }
  const at = writer.room(4)
  writer.view64.setFloat32(at, value, true)
  return Number.isFinite(Math.fround(value)) ? undefined : not('a number that a float holds')
}

const LONE_SURROGATE = /[\ud800-\udfff]/u

function writeText(value: unknown, writer: ByteWriter): Fault | undefined {
  if (typeof value !== 'string') return not('a text')
  if (LONE_SURROGATE.test(value)) return { path: '', why: 'has a lone surrogate' }
  const length = utf8Length(value)
  writer.zigzag(length)
  const start = writer.room(length)
  utf8Write(value, writer.bytes, start)
  return
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** @param size of a fixed */
function writeBytes(value: unknown, size: number | undefined, writer: ByteWriter): Fault | undefined {
  if (typeof value !== 'object' || value === null || !isBytes(value)) return not('bytes')
  if (size === undefined) writer.zigzag(value.length)
  else if (value.length !== size) return not(`${size} bytes`)
  writer.raw(value)
  return
}

function uuidBytes(text: string): Uint8Array | undefined {
  if (!UUID.test(text)) return
  const digits = text.replaceAll('-', '')
  return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && isPlainObject(value)
}
