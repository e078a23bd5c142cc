import { latin1Read, utf8Length, utf8Write } from '../bytes/utf8.ts'
import { MillraceError } from '../errors.ts'
import { murmur3 } from '../numeric/murmur3.ts'
import {
  decodeKey,
  isKey,
  type Key,
  maxKeyBytes,
  maxKeyDepth,
  TAG_ARRAY,
  TAG_BIGINT,
  TAG_FALSE,
  TAG_NULL,
  TAG_NUMBER,
  TAG_STRING,
  TAG_TRUE,
} from './key-bytes.ts'
import { checkKeyGroups, keyGroupOf } from './key-groups.ts'
import type { SlabPage } from './slab-pages.ts'

export { decodeKey, isKey, type Key } from './key-bytes.ts'

/** A key's bytes, their murmur3 hash and their key group. A scratch object: copy what must last. */
export class EncodedKey {
  /** Valid up to `length`. */
  bytes: Uint8Array = new Uint8Array(64)
  length = 0
  /** Signed 32 bits. On Flink this is the Java key. */
  hash = 0
  /** By Flink's rule. An engine may set another one for state that is not keyed by records. */
  group = 0
  readonly keyGroups: number
  /** What a `SlabTable` found: the key's slot and the page of its row, good while `slotAge` is the table's own. */
  slot = -1
  page: SlabPage | undefined = undefined
  slotAge: object | undefined = undefined

  constructor(keyGroups: number) {
    checkKeyGroups(keyGroups)
    this.keyGroups = keyGroups
  }

  /** Hash and group of the bytes in place. */
  seal(length: number): this {
    this.length = length
    this.slotAge = undefined
    this.hash = murmur3(this.bytes, 0, length)
    this.group = keyGroupOf(this.hash, this.keyGroups)
    return this
  }
}

const double = new DataView(new ArrayBuffer(8))

export class KeyEncoder {
  private readonly encoded: EncodedKey

  /** @param keyGroups fixed in the plan: another number moves keys between groups */
  constructor(keyGroups = 128) {
    this.encoded = new EncodedKey(keyGroups)
  }

  /**
   * The key's canonical form, in an object that the next call overwrites. A short ASCII string takes about 40 ns.
   * @throws ML_KEY for undefined, NaN, objects and keys that are too long or too deep
   */
  encode(key: Key): EncodedKey {
    const { encoded } = this
    if (typeof key === 'string' && key.length < encoded.bytes.length && key.length < maxKeyBytes) {
      const { bytes } = encoded
      bytes[0] = TAG_STRING
      let i = 0
      for (let unit = 0; i < key.length && (unit = key.charCodeAt(i)) < 0x80; i++) bytes[i + 1] = unit
      if (i === key.length) return encoded.seal(i + 1)
    }
    const end = this.put(key, 0, 0)
    if (end > maxKeyBytes) throw tooLong(end)
    return encoded.seal(end)
  }

  private put(key: Key, at: number, depth: number): number {
    if (typeof key === 'string') return this.putString(key, at)
    if (typeof key === 'number') return this.putNumber(key, at)
    if (typeof key === 'bigint') return this.putBigint(key, at)
    if (Array.isArray(key)) return this.putArray(key, at, depth)
    if (key !== null && typeof key !== 'boolean') {
      throw notAKey('a key must be a string, number, bigint, boolean, null or array', key)
    }
    this.room(at, 1)[at] = key === null ? TAG_NULL : key ? TAG_TRUE : TAG_FALSE
    return at + 1
  }

  private putString(key: string, at: number): number {
    const bytes = this.room(at, 1 + utf8Length(key))
    bytes[at] = TAG_STRING
    return utf8Write(key, bytes, at + 1)
  }

  private putNumber(key: number, at: number): number {
    if (key !== key) throw notAKey('NaN is not a key', key)
    const bytes = this.room(at, 9)
    bytes[at] = TAG_NUMBER
    double.setFloat64(0, key === 0 ? 0 : key)
    for (let i = 0; i < 8; i++) bytes[at + 1 + i] = double.getUint8(i)
    return at + 9
  }

  private putBigint(key: bigint, at: number): number {
    const digits = key === 0n ? '' : (key < 0n ? -key : key).toString(16)
    const hex = digits.length % 2 === 1 ? `0${digits}` : digits
    const bytes = this.room(at, 2 + hex.length / 2)
    bytes[at++] = TAG_BIGINT
    bytes[at++] = key < 0n ? 1 : 0
    for (let i = 0; i < hex.length; i += 2) bytes[at++] = Number.parseInt(hex.slice(i, i + 2), 16)
    return at
  }

  private putArray(key: readonly Key[], at: number, depth: number): number {
    if (depth === maxKeyDepth) throw notAKey(`a key has more than ${maxKeyDepth} levels of arrays`, undefined)
    if (key.length > maxKeyBytes) throw tooLong(key.length)
    this.room(at, 4)[at++] = TAG_ARRAY
    at = putLength(this.encoded.bytes, at, key.length)
    for (let i = 0; i < key.length; i++) {
      // One byte is left for the length; a long item moves up to make room for more.
      const end = this.put(key[i], at + 1, depth + 1)
      const length = end - at - 1
      const bytes = this.room(end, 6)
      if (length > 127) bytes.copyWithin(at + lengthSize(length), at + 1, end)
      at = putLength(bytes, at, length) + length
    }
    return at
  }

  /** The scratch bytes, with room for `count` more at `at`. */
  private room(at: number, count: number): Uint8Array {
    const { encoded } = this
    if (at + count <= encoded.bytes.length) return encoded.bytes
    if (at + count > maxKeyBytes + 8) throw tooLong(at + count)
    const bytes = new Uint8Array(Math.min(2 * (at + count), maxKeyBytes + 8))
    bytes.set(encoded.bytes)
    encoded.bytes = bytes
    return bytes
  }
}

/** The key itself. */
export function keyOf({ bytes, length }: EncodedKey): Key {
  return decodeKey(bytes, 0, length)
}

/** The key's bytes as text, one character a byte: for Map keys and timers. Its order is that of the bytes. */
export function keyText(key: EncodedKey): string {
  return latin1Read(key.bytes, 0, key.length)
}

/** Fills `into` (bytes, hash, group) from what `keyText` gave. @throws ML_CORRUPT when the text is not a key's */
export function keyFromText(text: string, into: EncodedKey): EncodedKey {
  if (text.length > into.bytes.length) into.bytes = new Uint8Array(Math.min(2 * text.length, maxKeyBytes + 8))
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 255) throw notText(text)
    into.bytes[i] = unit
  }
  if (!isKey(into.bytes, 0, text.length)) throw notText(text)
  return into.seal(text.length)
}

/** The key itself, from what `keyText` gave. @throws ML_CORRUPT when the text is not a key's */
export function decodeKeyText(text: string): Key {
  const { bytes, length } = keyFromText(text, new EncodedKey(1))
  return decodeKey(bytes, 0, length)
}

function putLength(bytes: Uint8Array, at: number, length: number): number {
  for (; length > 127; length >>>= 7) bytes[at++] = (length & 127) | 0x80
  bytes[at] = length
  return at + 1
}

function lengthSize(length: number): number {
  return length < 128 ? 1 : length < 16_384 ? 2 : 3
}

function notAKey(what: string, got: unknown): MillraceError {
  const remedy = 'Return a string, or an array of strings and numbers, from the key function'
  return new MillraceError('ML_KEY', { what, got, remedy })
}

function tooLong(length: number): MillraceError {
  return notAKey(`a key takes ${length} bytes, more than ${maxKeyBytes}`, undefined)
}

function notText(text: string): MillraceError {
  return new MillraceError('ML_CORRUPT', { what: 'text does not stand for the bytes of a key', got: text })
}
