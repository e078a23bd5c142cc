import { latin1Read, utf8Read } from '../bytes/utf8.ts'
import { decimalProblem, integerProblem, parseDecimal, parseInteger } from './decimal.ts'
import type { FieldSpec } from './schema.ts'
import { StringCache } from './string-cache.ts'
import { TimeField } from './time-field.ts'

/** Reads the values of one field where they stand alone as text: a key, a header, a whole message. */
export class TextField {
  readonly spec: FieldSpec
  private readonly cache = new StringCache()
  private readonly time: TimeField | undefined

  constructor(spec: FieldSpec) {
    this.spec = spec
    this.time = spec.type === 'time' ? new TimeField(spec) : undefined
  }

  /** The value, or undefined when the bytes are none of the field's type. */
  read(bytes: Uint8Array, start: number, end: number): string | number | boolean | undefined {
    const { type } = this.spec
    if (type === 'string') {
      const text = this.cache.get(bytes, start, end)
      return text === undefined || text.includes('\0') ? undefined : text
    }
    if (type === 'boolean') return booleanOf(bytes, start, end)
    const value =
      type === 'number'
        ? parseDecimal(bytes, start, end)
        : type === 'integer'
          ? parseInteger(bytes, start, end)
          : (this.time as TimeField).read(bytes, start, end)
    return value === value ? value : undefined
  }

  /** Why `read` gave undefined: the text and the end of a sentence. */
  problem(bytes: Uint8Array, start: number, end: number): string {
    const whole = utf8Read(bytes, start, end) ?? latin1Read(bytes, start, end)
    const shown = JSON.stringify(whole.length <= 60 ? whole : `${whole.slice(0, 57)}...`)
    return `${shown} ${this.fault(whole, bytes, start, end)}`
  }

  private fault(text: string, bytes: Uint8Array, start: number, end: number): string {
    const { type } = this.spec
    if (type === 'number') return decimalProblem(text)
    if (type === 'integer') return integerProblem(text)
    if (type === 'boolean') return 'is not true or false'
    if (this.time !== undefined) return this.time.problem(bytes, start, end)
    return utf8Read(bytes, start, end) === undefined ? 'is not valid UTF-8' : 'has a NUL'
  }
}

function booleanOf(bytes: Uint8Array, start: number, end: number): boolean | undefined {
  if (end - start !== 4 && end - start !== 5) return undefined
  const text = latin1Read(bytes, start, end)
  return text === 'true' ? true : text === 'false' ? false : undefined
}
