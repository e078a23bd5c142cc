import type { ByteWriter } from '../bytes/writer.ts'
import { MAX_NUMBER_BYTES, writeNumber } from './json-number-text.ts'
import { hasEnumerable, hasOwn, isPlainObject, MAX_DEPTH, notJson } from './value-check.ts'

/**
 * Appends a value as canonical JSON: the very text `JSON.stringify` gives, without blanks, properties in their order,
 * numbers in their shortest form, lone surrogates escaped. So the text is always well-formed UTF-8.
 *
 * What JSON would drop or change without a word is refused instead: NaN, infinities, bigint, bytes, undefined other
 * than as a property (which is left out), functions, instances of classes, `toJSON` methods. -0 is written 0.
 *
 * @param where the operator or sink, for the error
 * @throws ML_VALUE naming the path; the writer is then as before
 */
export function encodeJson(value: unknown, writer: ByteWriter, where?: string): void {
  const end = write(value, 0, 0, firstLabel)
  if (end < 0) throw notJson(value, where)
  writer.raw(text, 0, end)
  if (text.length > KEEP_BYTES) text = new Uint8Array(KEEP_BYTES)
}

/** The text is made here and copied once, so that a refused value leaves no half of itself in the writer. */
let text = new Uint8Array(4096)
const KEEP_BYTES = 1 << 20

/** What the functions below return for a value that JSON cannot hold. */
const REFUSED = -1

/** A chain of comparisons: V8 inlines each, and calls a function for `switch (typeof value)`. */
function write(value: unknown, at: number, depth: number, label: Label): number {
  if (typeof value === 'number') {
    if (value - value !== 0) return REFUSED // NaN and the infinities
    if (at + MAX_NUMBER_BYTES > text.length) grow(at + MAX_NUMBER_BYTES)
    return writeNumber(value, text, at)
  }
  if (typeof value === 'string') return writeString(value, at)
  if (typeof value === 'object') {
    if (value === null) return writeWord('null', at)
    if (depth === MAX_DEPTH) return REFUSED
    if (Array.isArray(value)) return writeArray(value, at, depth + 1, label)
    return isPlainObject(value) ? writeObject(value, at, depth + 1, label) : REFUSED
  }
  if (typeof value === 'boolean') return writeWord(value ? 'true' : 'false', at)
  return REFUSED
}

/** `outer` is the label of the property that holds the object: from it the first name is guessed. */
function writeObject(object: Record<string, unknown>, at: number, depth: number, outer: Label): number {
  let separator = 123 // {
  let label: Label | undefined
  const inherited = hasEnumerable(Object.prototype)
  for (const name in object) {
    if (inherited && !hasOwn.call(object, name)) continue
    const item = object[name]
    if (item === undefined) continue
    const guess: Label | undefined = label === undefined ? outer.first : label.next
    if (guess !== undefined && guess.name === name) {
      label = guess
    } else {
      const found = labelOf(name)
      if (label === undefined) outer.first = found
      else label.next = found
      label = found
    }
    const { bytes } = label
    if (at + bytes.length > text.length) grow(at + bytes.length)
    const target = text
    target[at] = separator
    for (let i = 1; i < bytes.length; i++) target[at + i] = bytes[i]
    at += bytes.length
    separator = 44 // ,
    at = write(item, at, depth, label)
    if (at < 0) return REFUSED
  }
  if (at + 2 > text.length) grow(at + 2)
  if (separator === 123) text[at++] = 123
  text[at++] = 125 // }
  return at
}

/** A property name as it stands in the text, with room for the separator, and which names followed it last time. */
interface Label {
  readonly name: string
  readonly bytes: Uint8Array
  next: Label | undefined
  /** The first name of the object that was this property's value. */
  first: Label | undefined
}

const firstLabel: Label = { name: '', bytes: new Uint8Array(1), next: undefined, first: undefined }
const labels = new Map<string, Label>()
/** Names may be data, in an object keyed by user: past this many all are forgotten. */
const MAX_LABELS = 4096

function labelOf(name: string): Label {
  let label = labels.get(name)
  if (label === undefined) {
    if (labels.size === MAX_LABELS) forgetLabels()
    label = { name, bytes: labelBytes(name), next: undefined, first: undefined }
    labels.set(name, label)
  }
  return label
}

function forgetLabels(): void {
  for (const label of labels.values()) label.next = label.first = undefined
  firstLabel.first = undefined
  labels.clear()
}

function labelBytes(name: string): Uint8Array {
  const kept = text
  text = new Uint8Array(6 * name.length + 4)
  const end = writeString(name, 1)
  text[end] = 58 // :
  const bytes = text.slice(0, end + 1)
  text = kept
  return bytes
}

function writeArray(array: readonly unknown[], at: number, depth: number, label: Label): number {
  if (at + 2 > text.length) grow(at + 2)
  text[at++] = 91 // [
  for (let i = 0; i < array.length; i++) {
    if (i > 0) {
      if (at >= text.length) grow(at + 1)
      text[at++] = 44
    }
    at = write(array[i], at, depth, label)
    if (at < 0) return REFUSED
  }
  if (at >= text.length) grow(at + 1)
  text[at++] = 93 // ]
  return at
}

function writeWord(word: string, at: number): number {
  if (at + 5 > text.length) grow(at + 5)
  for (let i = 0; i < word.length; i++) text[at++] = word.charCodeAt(i)
  return at
}

function writeString(value: string, at: number): number {
  const units = value.length
  if (at + 6 * units + 2 > text.length) grow(at + 6 * units + 2) // a unit takes six bytes at most: \u001f
  const target = text
  target[at++] = 34
  let i = 0
  for (; i + 4 <= units; i += 4, at += 4) {
    const a = value.charCodeAt(i)
    const b = value.charCodeAt(i + 1)
    const c = value.charCodeAt(i + 2)
    const d = value.charCodeAt(i + 3)
    if ((a | b | c | d) > 127 || (PLAIN[a] & PLAIN[b] & PLAIN[c] & PLAIN[d]) === 0) break
    target[at] = a
    target[at + 1] = b
    target[at + 2] = c
    target[at + 3] = d
  }
  for (; i < units; i++) {
    const unit = value.charCodeAt(i)
    if (unit < 128 && PLAIN[unit] === 1) {
      target[at++] = unit
    } else if (unit < 128) {
      at = writeEscape(unit, at)
    } else if (unit < 0x800) {
      target[at++] = 0xc0 | (unit >> 6)
      target[at++] = 0x80 | (unit & 63)
    } else if ((unit & 0xf800) !== 0xd800) {
      target[at++] = 0xe0 | (unit >> 12)
      target[at++] = 0x80 | ((unit >> 6) & 63)
      target[at++] = 0x80 | (unit & 63)
    } else {
      const next = unit < 0xdc00 && i + 1 < units ? value.charCodeAt(i + 1) : 0
      if ((next & 0xfc00) === 0xdc00) {
        at = writePair(unit, next, at)
        i++
      } else {
        at = writeHex(unit, at)
      }
    }
  }
  target[at++] = 34
  return at
}

/** ASCII that stands for itself inside a JSON string. */
const PLAIN = new Uint8Array(128).fill(1, 32)
PLAIN[34] = 0
PLAIN[92] = 0

function writeEscape(unit: number, at: number): number {
  const short = unit === 34 || unit === 92 ? unit : SHORT.charCodeAt(unit)
  if (unit < 32 && (unit > 13 || short === 46)) return writeHex(unit, at)
  text[at++] = 92
  text[at++] = short
  return at
}

/** The letter after the backslash, by control character; a dot where there is none. */
const SHORT = '........btn.fr'

function writeHex(unit: number, at: number): number {
  text[at++] = 92
  text[at++] = 117
  for (let shift = 12; shift >= 0; shift -= 4) text[at++] = HEX.charCodeAt((unit >> shift) & 15)
  return at
}

const HEX = '0123456789abcdef'

function writePair(high: number, low: number, at: number): number {
  const point = 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff)
  text[at++] = 0xf0 | (point >> 18)
  text[at++] = 0x80 | ((point >> 12) & 63)
  text[at++] = 0x80 | ((point >> 6) & 63)
  text[at++] = 0x80 | (point & 63)
  return at
}

function grow(needed: number): void {
  const larger = new Uint8Array(Math.max(needed, 2 * text.length))
  larger.set(text)
  text = larger
}
