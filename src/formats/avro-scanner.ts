import { utf8Read } from '../bytes/utf8.ts'
import type { ErrorCode } from '../errors.ts'
import type { AvroType } from './avro-schema.ts'
import { MAX_DEPTH } from './value-check.ts'

/** What the methods return when the bytes break a rule; `problem` and `at` then say which and where. */
export const BAD = -1

const TWO_TO_27 = 0x8000000
const TWO_TO_55 = 0x80000000000000

/**
 * Steps over Avro's binary values, checking every rule on the way and building nothing: counts and lengths against the
 * bytes that are left, integers of at most ten bytes, booleans of 0 and 1, texts in well-formed UTF-8, indexes of enums
 * and unions, sizes of blocks, at most 64 levels.
 *
 * Every method takes the offset where a value starts and returns the offset after it, or BAD.
 *
 * @see Avro 1.12, Binary encoding
 */
export class AvroScanner {
  code: ErrorCode = 'ML_MALFORMED'
  problem = ''
  at = 0
  bytes = new Uint8Array(0)
  /** Over the same buffer. */
  view: DataView = new DataView(this.bytes.buffer)
  /** Where the message ends. */
  end = 0
  /** After `long`: the integer; NaN when a double does not hold it exactly. */
  value = 0
  /** After `sized`: where the content starts; it ends where the value does. */
  start = 0

  fail(problem: string, at: number, code: ErrorCode = 'ML_MALFORMED'): typeof BAD {
    this.code = code
    this.problem = problem
    this.at = at
    return BAD
  }

  /** An integer in zigzag, of an int or a long. */
  long(at: number): number {
    const { bytes, end } = this
    if (at >= end) return this.short(at)
    const first = bytes[at]
    if (first < 128) {
      this.value = (first >>> 1) ^ -(first & 1)
      return at + 1
    }
    return this.wideLong(at)
  }

  private wideLong(start: number): number {
    const { bytes, end } = this
    // Three parts of 28, 28 and 8 bits, so that each is exact.
    let low = 0
    let middle = 0
    let high = 0
    let at = start
    for (let i = 0; ; i++) {
      if (at >= end) return this.short(at)
      const byte = bytes[at++]
      const part = byte & 127
      if (i < 4) low |= part << (7 * i)
      else if (i < 8) middle |= part << (7 * (i - 4))
      else high |= part << (7 * (i - 8))
      if (byte < 128) {
        if (high > 255) return this.fail('an integer is longer than 64 bits', start)
        break
      }
      if (i === 9) return this.fail('an integer is longer than ten bytes', start)
    }
    const half = high * TWO_TO_55 + middle * TWO_TO_27 + (low >>> 1)
    if (half > Number.MAX_SAFE_INTEGER) this.value = NaN
    else this.value = (low & 1) === 1 ? -half - 1 : half
    return at
  }

  int(at: number): number {
    const next = this.long(at)
    if (next >= 0 && this.value !== (this.value | 0)) return this.fail('an int is larger than 32 bits', at)
    return next
  }

  /** A length and as many bytes. */
  sized(at: number): number {
    const start = this.long(at)
    if (start < 0) return BAD
    const { value } = this
    if (!(value >= 0 && value <= this.end - start)) return this.fail('a length is negative or past the end', at)
    this.start = start
    return start + value
  }

  /** The index of a branch or symbol, of `count`, in `value`. */
  index(at: number, count: number): number {
    const next = this.long(at)
    if (next < 0) return BAD
    return this.value >= 0 && this.value < count ? next : this.fail('there is no branch or symbol of this index', at)
  }

  skip(type: AvroType, at: number, depth: number): number {
    switch (type.kind) {
      case 'null':
        return at
      case 'boolean':
        if (at >= this.end) return this.short(at)
        return this.bytes[at] <= 1 ? at + 1 : this.fail('a boolean is neither 0 nor 1', at)
      case 'int':
        return this.int(at)
      case 'long':
        return this.long(at)
      case 'float':
        return this.fixed(at, 4)
      case 'double':
        return this.fixed(at, 8)
      case 'fixed':
        return this.fixed(at, type.size)
      case 'bytes':
        return this.sized(at)
      case 'string':
        return this.string(at)
      case 'enum':
        return this.index(at, type.symbols.length)
      case 'union':
        at = this.index(at, type.branches.length)
        return at < 0 ? BAD : this.skip(type.branches[this.value], at, depth)
    }
    if (depth === MAX_DEPTH) return this.fail(`more than ${MAX_DEPTH} levels deep`, at)
    if (type.kind === 'record') {
      for (let i = 0; i < type.fields.length && at >= 0; i++) at = this.skip(type.fields[i].type, at, depth + 1)
      return at
    }
    return this.blocks(type.kind === 'array' ? type.items : type.values, type.kind === 'map', at, depth + 1)
  }

  fixed(at: number, size: number): number {
    return size <= this.end - at ? at + size : this.short(at)
  }

  string(at: number): number {
    const next = this.sized(at)
    if (next >= 0 && utf8Read(this.bytes, this.start, next) === undefined) {
      return this.fail('a string is not valid UTF-8', at)
    }
    return next
  }

  /** The blocks of an array or, with a string before each item, of a map. */
  private blocks(items: AvroType, named: boolean, at: number, depth: number): number {
    for (;;) {
      const start = at
      at = this.long(at)
      if (at < 0 || this.value === 0) return at
      let count = this.value
      let stop = -1
      if (count < 0) {
        count = -count
        at = this.long(at)
        if (at < 0) return BAD
        if (!(this.value >= 0 && this.value <= this.end - at))
          return this.fail('a block is longer than what is left', start)
        stop = at + this.value
      }
      at = this.items(items, named, at, count, depth)
      if (at < 0) return BAD
      if (stop >= 0 && at !== stop) return this.fail('a block is not as long as it says', start)
    }
  }

  private items(items: AvroType, named: boolean, at: number, count: number, depth: number): number {
    const first = at
    // Each item takes a byte at least, unless it takes none at all: then one says how all are.
    if (!(count <= this.end - at) && (named || count !== count || !takesNothing(items))) {
      return this.fail('a block has more items than there are bytes', first)
    }
    for (let left = count; left > 0; left--) {
      const before = at
      if (named) at = this.string(at)
      if (at >= 0) at = this.skip(items, at, depth)
      if (at < 0) return BAD
      if (at === before) return at
    }
    return at
  }

  private short(at: number): typeof BAD {
    return this.fail('the value ends too early', at)
  }
}

/** Whether every value of the type is empty. */
function takesNothing(type: AvroType): boolean {
  if (type.kind === 'record') return type.fields.every((field) => takesNothing(field.type))
  return type.kind === 'null' || (type.kind === 'fixed' && type.size === 0)
}
