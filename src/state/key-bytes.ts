import { ByteReader } from '../bytes/reader.ts'
import { isWtf8, wtf8Read } from '../bytes/utf8.ts'
import { MillraceError } from '../errors.ts'

/**
 * Keys and their canonical bytes: equal keys have equal bytes, on every engine, and nothing else has.
 *
 *     null     00
 *     false    01
 *     true     02
 *     number   03, the double's 8 bytes, high byte first; -0 is written as 0
 *     bigint   04, 00 or 01 for a negative one, the magnitude's bytes, high byte first, none for 0n
 *     string   05, UTF-8; a lone surrogate as its three bytes
 *     array    06, count, then per item its length and bytes; counts and lengths are LEB128
 *
 * 1 and 1n, and 1 and '1', are different keys. At most 65,535 bytes and 64 levels of arrays.
 */
export type Key = string | number | boolean | bigint | null | readonly Key[]

export const maxKeyBytes = 65_535
export const maxKeyDepth = 64

export const TAG_NULL = 0
export const TAG_FALSE = 1
export const TAG_TRUE = 2
export const TAG_NUMBER = 3
export const TAG_BIGINT = 4
export const TAG_STRING = 5
export const TAG_ARRAY = 6

const double = new DataView(new ArrayBuffer(8))

/** The key that `bytes[start..end)` stand for. @throws ML_CORRUPT when they are not a key's canonical bytes */
export function decodeKey(bytes: Uint8Array, start: number, end: number): Key {
  if (!isKey(bytes, start, end)) {
    throw new MillraceError('ML_CORRUPT', { what: 'bytes are not those of a key', where: `offset ${start}` })
  }
  return read(bytes, start, end)
}

/** Whether the bytes are the canonical ones of some key. Allocates nothing for keys without arrays. */
export function isKey(bytes: Uint8Array, start: number, end: number, depth = 0): boolean {
  const size = end - start
  if (size < 1 || size > maxKeyBytes) return false
  switch (bytes[start]) {
    case TAG_NULL:
    case TAG_FALSE:
    case TAG_TRUE:
      return size === 1
    case TAG_NUMBER: {
      if (size !== 9) return false
      const value = readDouble(bytes, start + 1)
      return value === value && !Object.is(value, -0)
    }
    case TAG_BIGINT:
      if (size === 2) return bytes[start + 1] === 0
      return size > 2 && bytes[start + 1] <= 1 && bytes[start + 2] !== 0
    case TAG_STRING:
      return isWtf8(bytes, start + 1, end)
    case TAG_ARRAY:
      return depth < maxKeyDepth && isArray(bytes, start + 1, end, depth)
    default:
      return false
  }
}

function isArray(bytes: Uint8Array, at: number, end: number, depth: number): boolean {
  const reader = new ByteReader(bytes, 'key', at, end)
  try {
    for (let left = reader.varint(); left > 0; left--) {
      const length = reader.varint()
      const item = reader.offset
      reader.raw(length)
      if (!isKey(bytes, item, item + length, depth + 1)) return false
    }
    return reader.remaining === 0
  } catch {
    return false
  }
}

/** Decodes bytes that `isKey` accepted. */
function read(bytes: Uint8Array, start: number, end: number): Key {
  switch (bytes[start]) {
    case TAG_NULL:
      return null
    case TAG_NUMBER:
      return readDouble(bytes, start + 1)
    case TAG_BIGINT:
      return readBigint(bytes, start + 1, end)
    case TAG_STRING:
      return wtf8Read(bytes, start + 1, end)
    case TAG_ARRAY:
      return readArray(new ByteReader(bytes, 'key', start + 1, end), bytes)
    default:
      return bytes[start] === TAG_TRUE
  }
}

function readArray(reader: ByteReader, bytes: Uint8Array): readonly Key[] {
  const items: Key[] = []
  for (let left = reader.varint(); left > 0; left--) {
    const length = reader.varint()
    items.push(read(bytes, reader.offset, reader.offset + length))
    reader.raw(length)
  }
  return items
}

function readBigint(bytes: Uint8Array, start: number, end: number): bigint {
  let hex = '0x0'
  for (let i = start + 1; i < end; i++) hex += (bytes[i] < 16 ? '0' : '') + bytes[i].toString(16)
  return bytes[start] === 1 ? -BigInt(hex) : BigInt(hex)
}

function readDouble(bytes: Uint8Array, at: number): number {
  for (let i = 0; i < 8; i++) double.setUint8(i, bytes[at + i])
  return double.getFloat64(0)
}
