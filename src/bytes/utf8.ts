import { MillraceError } from '../errors.ts'
import { host } from './host.ts'
import { shortLatin1 } from './latin1.ts'

/**
 * Strings as UTF-8, both ways, in portable code.
 *
 * A JavaScript string may hold lone surrogates. They are kept, as WTF-8 does: three bytes each. Text from outside is
 * read strictly (`utf8Read`), our own bytes are read with surrogates allowed (`wtf8Read`). Either way one string has
 * one encoding: overlong forms, and a surrogate pair as two times three bytes, are refused.
 *
 * @see Unicode 17, table 3-7 (well-formed UTF-8); Sapin, The WTF-8 encoding.
 */

/** Bytes that `utf8Write` will take for `text`. */
export function utf8Length(text: string): number {
  let length = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) length += 1
    else length += 2
    // Two units of a pair make four bytes: two more than the two units counted at the start.
    if (isHigh(unit) && i + 1 < text.length && isLow(text.charCodeAt(i + 1))) i++
  }
  return length
}

/** Writes `text` at `offset`, which must have room for `utf8Length(text)` bytes, and returns the offset after it. */
export function utf8Write(text: string, target: Uint8Array, offset: number): number {
  const units = text.length
  for (let i = 0; i < units; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) {
      target[offset++] = unit
    } else if (unit < 0x800) {
      target[offset++] = 0xc0 | (unit >> 6)
      target[offset++] = 0x80 | (unit & 63)
    } else if (isHigh(unit) && i + 1 < units && isLow(text.charCodeAt(i + 1))) {
      const point = 0x10000 + ((unit - 0xd800) << 10) + (text.charCodeAt(++i) - 0xdc00)
      target[offset++] = 0xf0 | (point >> 18)
      target[offset++] = 0x80 | ((point >> 12) & 63)
      target[offset++] = 0x80 | ((point >> 6) & 63)
      target[offset++] = 0x80 | (point & 63)
    } else {
      target[offset++] = 0xe0 | (unit >> 12)
      target[offset++] = 0x80 | ((unit >> 6) & 63)
      target[offset++] = 0x80 | (unit & 63)
    }
  }
  return offset
}

/** Strict UTF-8; undefined when the bytes are overlong, truncated, a surrogate or past U+10FFFF. */
export function utf8Read(bytes: Uint8Array, start: number, end: number): string | undefined {
  return read(bytes, start, end, false)
}

/** WTF-8: as strict UTF-8, and lone surrogates. @throws ML_CORRUPT when the bytes are neither. */
export function wtf8Read(bytes: Uint8Array, start: number, end: number): string {
  const text = tryWtf8Read(bytes, start, end)
  if (text === undefined) throw new MillraceError('ML_CORRUPT', { what: 'text is not UTF-8', where: `offset ${start}` })
  return text
}

/** As `wtf8Read`, undefined instead of an error. */
export function tryWtf8Read(bytes: Uint8Array, start: number, end: number): string | undefined {
  return read(bytes, start, end, true)
}

/** Whether the bytes are WTF-8; allocates nothing. */
export function isWtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let ascii = start
  while (ascii < end && bytes[ascii] < 0x80) ascii++
  return ascii === end || validate(bytes, ascii, end) !== invalid
}

/** One UTF-16 unit per byte. */
export function latin1Read(bytes: Uint8Array, start: number, end: number): string {
  if (end - start >= hostFrom && host.decodeLatin1 !== undefined) return host.decodeLatin1(bytes, start, end)
  return shortLatin1(bytes, start, end)
}

/** Calling into the host costs more than a short loop. */
const hostFrom = 24

function read(bytes: Uint8Array, start: number, end: number, surrogates: boolean): string | undefined {
  let ascii = start
  while (ascii < end && bytes[ascii] < 0x80) ascii++
  if (ascii === end) return latin1Read(bytes, start, end)
  const verdict = validate(bytes, ascii, end)
  if (verdict === invalid || (verdict === withSurrogates && !surrogates)) return undefined
  if (verdict === strict && host.decodeUtf8 !== undefined) return host.decodeUtf8(bytes, start, end)
  return decode(bytes, start, end)
}

const invalid = 0
const strict = 1
const withSurrogates = 2

/** Says which kind of text the bytes are. Each branch is a row of table 3-7, surrogates added. */
function validate(bytes: Uint8Array, start: number, end: number): number {
  let verdict = strict
  let afterHigh = -1 // where a low surrogate would complete a pair that should have been four bytes
  for (let i = start; i < end; ) {
    const lead = bytes[i]
    const rest = lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : -1
    if (rest < 0 || i + rest >= end) return invalid
    for (let k = 1; k <= rest; k++) if ((bytes[i + k] & 0xc0) !== 0x80) return invalid
    const second = rest === 0 ? 0 : bytes[i + 1]
    if (lead === 0xe0 && second < 0xa0) return invalid
    if ((lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second > 0x8f)) return invalid
    if (lead === 0xed && second >= 0xa0) {
      if (second >= 0xb0 && afterHigh === i) return invalid
      if (second < 0xb0) afterHigh = i + 3
      verdict = withSurrogates
    }
    i += rest + 1
  }
  return verdict
}

const unitBuffer = new Uint16Array(2048)

/** Decodes valid bytes, a buffer of units at a time. */
function decode(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  let units = 0
  for (let i = start; i < end; ) {
    if (units > unitBuffer.length - 2) {
      text += unitsToText(units)
      units = 0
    }
    const lead = bytes[i]
    if (lead < 0x80) {
      unitBuffer[units++] = lead
      i += 1
    } else if (lead < 0xe0) {
      unitBuffer[units++] = ((lead & 31) << 6) | (bytes[i + 1] & 63)
      i += 2
    } else if (lead < 0xf0) {
      unitBuffer[units++] = ((lead & 15) << 12) | ((bytes[i + 1] & 63) << 6) | (bytes[i + 2] & 63)
      i += 3
    } else {
      const point = ((lead & 7) << 18) | ((bytes[i + 1] & 63) << 12) | ((bytes[i + 2] & 63) << 6) | (bytes[i + 3] & 63)
      unitBuffer[units++] = 0xd800 + ((point - 0x10000) >> 10)
      unitBuffer[units++] = 0xdc00 + ((point - 0x10000) & 0x3ff)
      i += 4
    }
  }
  return text + unitsToText(units)
}

function unitsToText(units: number): string {
  return String.fromCharCode.apply(null, unitBuffer.subarray(0, units) as unknown as number[])
}

function isHigh(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800
}

function isLow(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00
}
