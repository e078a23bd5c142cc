import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { hasEnumerable, hasOwn, isBytes, isPlainObject, MAX_DEPTH, notData } from './value-check.ts'

export { checkValue } from './value-check.ts'

/**
 * Any data value as bytes, and back: what a `map` returns, what keyed state holds.
 *
 * Layout, version 1: a tag byte, then
 *   null 0, undefined 1, false 2, true 3: nothing
 *   number 4: the eight bytes of the double, -0 kept, NaN in one form
 *   bigint 5: sign (0 or 1), blob of the magnitude, low byte first, without leading zeros
 *   string 6: length and UTF-8, lone surrogates kept
 *   bytes 7: blob
 *   array 8: count, items
 *   object 9: count, then name and value of each own property in its order
 *
 * Equal values have equal bytes, whatever made them. `__proto__` is a name like any other; prototypes stay as they are.
 */
export const NULL = 0
export const UNDEFINED = 1
export const FALSE = 2
export const TRUE = 3
export const NUMBER = 4
export const BIGINT = 5
export const STRING = 6
export const BYTES = 7
export const ARRAY = 8
export const OBJECT = 9

/**
 * Appends a value.
 *
 * @param where the operator the value came from, for the error
 * @throws ML_VALUE when the value is no data, naming the path; the writer is then as before
 */
export function encodeValue(value: unknown, writer: ByteWriter, where?: string): void {
  const start = writer.length
  if (write(value, writer, 0)) return
  writer.truncate(start)
  throw notData(value, where)
}

/** A chain of comparisons: V8 inlines each, and calls a function for `switch (typeof value)`. */
function write(value: unknown, writer: ByteWriter, depth: number): boolean {
  if (typeof value === 'number') {
    writer.u8(NUMBER)
    writer.f64(value)
  } else if (typeof value === 'string') {
    writer.u8(STRING)
    writer.string(value)
  } else if (typeof value === 'object') {
    if (value !== null) return writeObject(value, writer, depth)
    writer.u8(NULL)
  } else if (typeof value === 'boolean') {
    writer.u8(value ? TRUE : FALSE)
  } else if (value === undefined) {
    writer.u8(UNDEFINED)
  } else if (typeof value === 'bigint') {
    writeBigint(value, writer)
  } else {
    return false
  }
  return true
}

function writeObject(value: object, writer: ByteWriter, depth: number): boolean {
  if (Array.isArray(value)) return depth < MAX_DEPTH && writeArray(value, writer, depth + 1)
  if (isPlainObject(value)) return depth < MAX_DEPTH && writeProperties(value, writer, depth + 1)
  if (!isBytes(value)) return false
  writer.u8(BYTES)
  writer.blob(value)
  return true
}

function writeArray(array: readonly unknown[], writer: ByteWriter, depth: number): boolean {
  writer.u8(ARRAY)
  writer.varint(array.length)
  for (let i = 0; i < array.length; i++) {
    const item = array[i]
    if (item === undefined && !(i in array)) return false
    if (!write(item, writer, depth)) return false
  }
  return true
}

function writeProperties(object: Record<string, unknown>, writer: ByteWriter, depth: number): boolean {
  const inherited = hasEnumerable(Object.prototype)
  let count = 0
  for (const name in object) if (!inherited || hasOwn.call(object, name)) count++
  writer.u8(OBJECT)
  writer.varint(count)
  for (const name in object) {
    if (inherited && !hasOwn.call(object, name)) continue
    writer.string(name)
    if (!write(object[name], writer, depth)) return false
  }
  return true
}

/** Tag, sign and magnitude. */
export function writeBigint(value: bigint, writer: ByteWriter): void {
  const hex = (value < 0n ? -value : value).toString(16)
  const length = value === 0n ? 0 : (hex.length + 1) >> 1
  writer.u8(BIGINT)
  writer.u8(value < 0n ? 1 : 0)
  writer.varint(length)
  for (let i = 0, end = hex.length; i < length; i++, end -= 2)
    writer.u8(Number.parseInt(hex.slice(Math.max(0, end - 2), end), 16))
}

/**
 * Reads one value back.
 *
 * @throws ML_CORRUPT when the bytes are not what `encodeValue` writes
 */
export function decodeValue(reader: ByteReader): unknown {
  return read(reader, 0)
}

function read(reader: ByteReader, depth: number): unknown {
  const tag = reader.u8()
  switch (tag) {
    case NULL:
      return null
    case UNDEFINED:
      return undefined
    case FALSE:
      return false
    case TRUE:
      return true
    case NUMBER:
      return reader.f64()
    case BIGINT:
      return readBigint(reader)
    case STRING:
      return reader.string()
    case BYTES:
      return reader.blob().slice()
    case ARRAY:
      return readArray(reader, containerDepth(reader, depth))
    case OBJECT:
      return readProperties(reader, containerDepth(reader, depth))
    default:
      return reader.fail('an unknown tag of a value', tag)
  }
}

/** The depth inside a container that stands at `depth`. */
export function containerDepth(reader: ByteReader, depth: number): number {
  return depth < MAX_DEPTH ? depth + 1 : reader.fail(`a value is more than ${MAX_DEPTH} levels deep`)
}

function readArray(reader: ByteReader, depth: number): unknown[] {
  const count = reader.varint()
  if (count > reader.remaining) reader.fail('an array is longer than its bytes', count)
  const array: unknown[] = []
  for (let i = 0; i < count; i++) array.push(read(reader, depth))
  return array
}

function readProperties(reader: ByteReader, depth: number): Record<string, unknown> {
  const count = reader.varint()
  if (count > reader.remaining) reader.fail('an object has more properties than bytes', count)
  const object: Record<string, unknown> = {}
  for (let i = 0; i < count; i++) {
    const name = reader.string()
    const value = read(reader, depth)
    if (name === '__proto__') defineProperty(object, name, value)
    else object[name] = value
  }
  return object
}

/** Defines an own property even where the name is one that assignment treats specially. */
export function defineProperty(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
}

/** What `writeBigint` wrote behind the tag. */
export function readBigint(reader: ByteReader): bigint {
  const sign = reader.u8()
  const magnitude = reader.blob()
  if (sign > 1 || (magnitude.length === 0 ? sign !== 0 : magnitude[magnitude.length - 1] === 0)) {
    reader.fail('a bigint is not in its one written form')
  }
  let hex = '0x0'
  for (let i = magnitude.length - 1; i >= 0; i--) hex += (magnitude[i] + 256).toString(16).slice(1)
  return sign === 1 ? -BigInt(hex) : BigInt(hex)
}
