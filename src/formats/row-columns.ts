import { writeDouble } from '../bytes/doubles.ts'
import type { FieldSpec } from './schema.ts'

/** Writes rows of a schema, as `row-codec.ts` lays them out, from columns of doubles. */
export interface ColumnWriter {
  /** Bytes of a row at most. */
  readonly most: number
  /** Puts row number `i` at `at`, where there is room, and returns where it ends. */
  readonly write: (view: DataView, at: number, i: number) => number
}

/**
 * @param columns one a field, in schema order; a boolean is 0 or 1, a null NaN. The writer is good as long as they are
 * @returns undefined where the schema has texts, or code generation is not allowed
 */
export function columnWriter(fields: readonly FieldSpec[], columns: readonly Float64Array[]): ColumnWriter | undefined {
  if (fields.some(({ type }) => type === 'string')) return undefined
  const masks = Math.ceil(fields.filter(({ nullable }) => nullable).length / 8)
  const lines = Array.from({ length: masks }, (_unused, m) => `let m${m} = 0`)
  const sizes = fields.map(({ type }) => (type === 'boolean' ? 1 : 8))
  let bit = 0
  fields.forEach(({ nullable }, f) => {
    lines.push(`const v${f} = c${f}[i]`)
    if (nullable) lines.push(`if (v${f} !== v${f}) m${bit >> 3} |= ${1 << (bit++ & 7)}`)
  })
  for (let m = 0; m < masks; m++) lines.push(`view.setUint8(at++, m${m})`)
  // Fields that are always there stand at fixed distances from the last that may not be.
  let fixed = 0
  fields.forEach(({ type, nullable }, f) => {
    const put = (at: string): string =>
      type === 'boolean' ? `view.setUint8(${at}, v${f})` : `writeDouble(view, ${at}, v${f})`
    if (!nullable) {
      lines.push(put(`at + ${fixed}`))
      fixed += sizes[f]
      return
    }
    if (fixed > 0) lines.push(`at += ${fixed}`)
    fixed = 0
    lines.push(`if (v${f} === v${f}) { ${put('at')}; at += ${sizes[f]} }`)
  })
  const names = fields.map((_field, f) => `c${f}`)
  const code = `'use strict'
return function (view, at, i) {
${lines.map((line) => `  ${line}`).join('\n')}
  return at + ${fixed}
}`
  try {
    const write = new Function('writeDouble', ...names, code)(writeDouble, ...columns)
    return { most: masks + sizes.reduce((sum, size) => sum + size, 0), write }
  } catch (error) {
    if (error instanceof SyntaxError) throw error
    return undefined
  }
}
