import type { FieldSpec } from './schema.ts'

/** What the code of getters is generated over. */
interface RowPlace {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly marks: Int32Array
  readonly base: number
  readonly live: object | undefined
  text(at: number): string
  stale(): never
}

const STEP_END = 0
const STEP_TEXT = 1
const STEP_BOOLEAN = 2

/** A mark of a row, and the distance from it. */
export interface FieldPlace {
  readonly mark: number
  readonly distance: number
}

/** @param base where the row's marks go */
export type Locator = (bytes: Uint8Array, at: number, marks: Int32Array, base: number) => number

/**
 * Where the fields of a row stand: each at a fixed distance from a mark. Mark 0 is the first field's place; behind every field
 * whose size differs from row to row (a string, or one that may be null) there is another mark.
 */
export class RowLayout {
  readonly fields: readonly FieldSpec[]
  /** Marks of a row. */
  readonly marks: number
  /** For each field, and for the end of the row: the mark, and the distance from it. */
  readonly markOf: Int32Array
  readonly distance: Int32Array
  readonly #nullable: readonly FieldSpec[]

  constructor(fields: readonly FieldSpec[]) {
    this.fields = fields
    this.#nullable = fields.filter((field) => field.nullable)
    this.markOf = new Int32Array(fields.length + 1)
    this.distance = new Int32Array(fields.length + 1)
    let mark = 0
    let distance = 0
    fields.forEach((field, i) => {
      this.markOf[i] = mark
      this.distance[i] = distance
      if (isFixed(field)) distance += sizeOf(field)
      else {
        mark++
        distance = 0
      }
    })
    this.markOf[fields.length] = mark
    this.distance[fields.length] = distance
    this.marks = mark + 1
  }

  /** Finds the marks of the row at an offset, and returns where it ends; -1 when the bytes are no row. Texts are not looked at. */
  locator(): Locator {
    const masks = Array.from({ length: Math.ceil(this.#nullable.length / 8) }, (_, i) => `m${i}`)
    const lines = masks.map((mask) => `const ${mask} = bytes[at++]`)
    const used = this.#nullable.length % 8
    if (used !== 0) lines.push(`if (${masks[masks.length - 1]} >> ${used} !== 0) return -1`)
    lines.push('marks[base] = at')
    let fixed = 0
    const step = (): void => {
      if (fixed > 0) lines.push(`at += ${fixed}`)
      fixed = 0
    }
    this.fields.forEach((field, i) => {
      if (field.type === 'boolean' && !field.nullable) lines.push(`if (bytes[at + ${fixed}] > 1) return -1`)
      if (isFixed(field)) {
        fixed += sizeOf(field)
        return
      }
      step()
      const pass = {
        string: 'const n = bytes[at]; at = n < 128 ? at + 1 + n : passText(bytes, at)',
        boolean: 'if (bytes[at] > 1) return -1; at++',
        number: 'at += 8',
      }[field.type === 'string' || field.type === 'boolean' ? field.type : 'number']
      const bit = this.#nullable.indexOf(field)
      lines.push(bit < 0 ? `{ ${pass} }` : `if ((m${bit >> 3} & ${1 << (bit & 7)}) === 0) { ${pass} }`)
      lines.push(`marks[base + ${this.markOf[i] + 1}] = at`)
    })
    step()
    const code = `'use strict'; return function (bytes, at, marks, base) {\n  ${lines.join('\n  ')}\n  return at\n}`
    return new Function('passText', code)(passText)
  }

  /** A function for each field that reads it from the row under way, where `this` is what shows the row. */
  getters(row: RowPlace): readonly (() => unknown)[] {
    return this.fields.map((field, i) => {
      const mark = this.markOf[i]
      const at = `row.marks[row.base + ${mark}] + ${this.distance[i]}`
      const read = {
        string: `row.text(${at})`,
        boolean: `row.bytes[${at}] === 1`,
        number: `row.view.getFloat64(${at}, true)`,
      }[field.type === 'string' || field.type === 'boolean' ? field.type : 'number']
      const value = field.nullable ? `row.marks[row.base + ${mark + 1}] === ${at} ? null : ${read}` : read
      const code = `'use strict'; return function () { return this === row.live ? ${value} : row.stale() }`
      return new Function('row', code)(row) as () => unknown
    })
  }

  /**
   * What passes from the start of a row to its end, as pairs: bytes, and what comes behind them, a text, a boolean or the end. Undefined
   * where fields may be null.
   */
  steps(): readonly number[] | undefined {
    if (this.#nullable.length > 0) return undefined
    const steps: number[] = []
    let passed = 0
    for (const field of this.fields) {
      if (field.type !== 'string' && field.type !== 'boolean') passed += sizeOf(field)
      else {
        steps.push(passed, field.type === 'string' ? STEP_TEXT : STEP_BOOLEAN)
        passed = 0
      }
    }
    return [...steps, passed, STEP_END]
  }

  /** Where the first of these fields stands, if they are numbers that are always there, one behind the other. */
  sideBySide(names: readonly string[]): FieldPlace | undefined {
    const first = this.fields.findIndex(({ name }) => name === names[0])
    const fields = names.map((_name, i) => this.fields[first + i])
    const apart = fields.some((field, i) => field?.name !== names[i] || !isFixed(field) || field.type === 'boolean')
    return first < 0 || apart ? undefined : { mark: this.markOf[first], distance: this.distance[first] }
  }

  /** Code that reads a number which is always there, by `view` and constants named `mark0`, `mark1`; undefined of other fields. */
  numberCode(name: string): { readonly code: string; readonly mark: number } | undefined {
    const i = this.fields.findIndex((field) => field.name === name)
    const field = this.fields[i]
    if (field === undefined || !isFixed(field) || field.type === 'boolean') return undefined
    const mark = this.markOf[i]
    return { code: `view.getFloat64(mark${mark} + ${this.distance[i]}, true)`, mark }
  }
}

function isFixed(field: FieldSpec): boolean {
  return !field.nullable && field.type !== 'string'
}

function sizeOf(field: FieldSpec): number {
  return field.type === 'boolean' ? 1 : 8
}

/** Where a text ends whose length takes several bytes; past all bytes when that is no length. */
function passText(bytes: Uint8Array, at: number): number {
  let length = 0
  for (let scale = 1; scale <= 0x10000000; scale *= 128) {
    const byte = bytes[at++]
    length += (byte & 127) * scale
    if (byte < 128) return at + length
  }
  return Number.POSITIVE_INFINITY
}
