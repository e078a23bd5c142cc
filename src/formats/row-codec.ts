import { writeDouble } from '../bytes/doubles.ts'
import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { plainRecordConstructor } from './record-constructor.ts'
import type { FieldSpec, RecordSchema } from './schema.ts'
import { pathStep } from './value-check.ts'

/**
 * The records of a schema as rows of bytes without names, and back: how they travel from their source.
 *
 * Layout, version 1: a bit per nullable field, in schema order, low bits first, set where the field is null; then the
 * fields that are not null, in schema order: number, integer and time as the bits of the double, boolean as a byte 0 or 1,
 * string as length and UTF-8. Which fields are nullable is the schema's to say, so a row is read by the schema it was
 * written with.
 */
export interface RowCodec<T> {
  /** @throws ML_VALUE when a field is not of its type; the writer is then as before */
  encode(row: T, writer: ByteWriter): void
  /** @throws ML_CORRUPT when the bytes are no row of the schema */
  decode(reader: ByteReader): T
}

/** The codec of a schema: generated where code generation is allowed, a loop over the fields elsewhere. Equal results. */
export function rowCodec<T>(schema: RecordSchema<T>): RowCodec<T> {
  try {
    return generatedRowCodec<T>(schema.fields)
  } catch {
    return plainRowCodec(schema)
  }
}

/** The same without code generation. */
export function plainRowCodec<T>({ fields }: RecordSchema<T>): RowCodec<T> {
  const nullable = fields.filter((field) => field.nullable)
  const construct = plainRecordConstructor<T>(fields.map((field) => field.name))
  const masks = new Uint8Array(Math.ceil(nullable.length / 8))
  return {
    encode(row, writer) {
      const values = row as Readonly<Record<string, unknown>>
      const start = writer.length
      masks.fill(0)
      nullable.forEach(({ name }, i) => {
        if (values[name] === null) masks[i >> 3] |= 1 << (i & 7)
      })
      writer.raw(masks)
      for (const field of fields) {
        const value = values[field.name]
        if (field.nullable && value === null) continue
        if (field.type === 'string')
          writer.string(typeof value === 'string' ? value : refuse(field, value, writer, start))
        else if (field.type === 'boolean')
          writer.u8(typeof value === 'boolean' ? Number(value) : refuse(field, value, writer, start))
        else writer.f64(typeof value === 'number' ? value : refuse(field, value, writer, start))
      }
    },
    decode(reader) {
      const nulls = masks.length === 0 ? masks : reader.raw(masks.length)
      if (nullable.length % 8 !== 0) checkMask(nulls[masks.length - 1], nullable.length % 8, reader)
      let bit = -1
      const values = fields.map((field) => {
        if (field.nullable && ((nulls[++bit >> 3] >> (bit & 7)) & 1) === 1) return null
        if (field.type === 'string') return reader.string()
        return field.type === 'boolean' ? readBoolean(reader) : reader.f64()
      })
      return construct(values)
    },
  }
}

/** One straight line of code per schema: no loop, no look-up of names, and records that share one shape. */
function generatedRowCodec<T>(fields: readonly FieldSpec[]): RowCodec<T> {
  const bits = new Map(fields.filter((field) => field.nullable).map((field, bit) => [field, bit]))
  const masks = Array.from({ length: Math.ceil(bits.size / 8) }, (_, i) => `m${i}`)
  const isNull = (field: FieldSpec): string =>
    `(m${(bits.get(field) as number) >> 3} & ${1 << ((bits.get(field) as number) & 7)}) !== 0`

  const encode = ['const start = writer.length', ...masks.map((mask) => `let ${mask} = 0`)]
  fields.forEach((field, i) => {
    const bit = bits.get(field)
    encode.push(`const v${i} = row[${JSON.stringify(field.name)}]`)
    if (bit !== undefined) encode.push(`if (v${i} === null) m${bit >> 3} |= ${1 << (bit & 7)}`)
  })
  fields.forEach((field, i) => {
    const type = field.type === 'string' || field.type === 'boolean' ? field.type : 'number'
    const allowed = bits.has(field) ? `v${i} !== null && ` : ''
    encode.push(`if (${allowed}typeof v${i} !== '${type}') refuse(fields[${i}], v${i}, writer, start)`)
  })
  // Room once for all up to a string. A view is replaced when its writer grows.
  const most = (from: number): number => {
    let size = 0
    for (let i = from; i < fields.length && fields[i].type !== 'string'; i++)
      size += fields[i].type === 'boolean' ? 1 : 8
    return size
  }
  encode.push(`let at = writer.room(${masks.length + most(0)}), w = writer.view64`)
  encode.push(...masks.map((mask) => `w.setUint8(at++, ${mask})`))
  fields.forEach((field, i) => {
    const write =
      field.type === 'string'
        ? `writer.string(v${i})`
        : field.type === 'boolean'
          ? `w.setUint8(at++, v${i} ? 1 : 0)`
          : `writeDouble(w, at, v${i}); at += 8`
    const line = bits.has(field) ? `if (v${i} !== null) { ${write} }` : write
    if (field.type !== 'string') encode.push(line)
    else encode.push('writer.truncate(at)', line, `at = writer.room(${most(i + 1)}); w = writer.view64`)
  })
  encode.push('writer.truncate(at)')

  const decode = masks.map((mask) => `const ${mask} = reader.u8()`)
  if (bits.size % 8 !== 0) decode.push(`checkMask(${masks[masks.length - 1]}, ${bits.size % 8}, reader)`)
  for (let i = 0; i < fields.length; ) {
    const run = doublesFrom(fields, i, (field) => bits.has(field))
    if (run > 1) {
      // One check of the length for all of them.
      decode.push(`const p${i} = reader.skip(${8 * run})`)
      for (let k = 0; k < run; k++) decode.push(`const v${i + k} = reader.view.getFloat64(p${i} + ${8 * k}, true)`)
      i += run
      continue
    }
    const field = fields[i]
    const read =
      field.type === 'string' ? 'reader.string()' : field.type === 'boolean' ? 'readBoolean(reader)' : 'reader.f64()'
    decode.push(`const v${i} = ${bits.has(field) ? `${isNull(field)} ? null : ${read}` : read}`)
    i++
  }
  const names = fields.map(({ name }, i) => `${name === '__proto__' ? '["__proto__"]' : JSON.stringify(name)}: v${i}`)
  decode.push(`return { ${names.join(', ')} }`)

  const code = `'use strict'
return {
  encode(row, writer) {
${encode.map((line) => `    ${line};`).join('\n')}
  },
  decode(reader) {
${decode.map((line) => `    ${line};`).join('\n')}
  },
}`
  return new Function('fields', 'refuse', 'checkMask', 'readBoolean', 'writeDouble', code)(
    fields,
    refuse,
    checkMask,
    readBoolean,
    writeDouble,
  ) as RowCodec<T>
}

/** How many fields in a row, from one on, are doubles that are always there. */
function doublesFrom(fields: readonly FieldSpec[], from: number, isNullable: (field: FieldSpec) => boolean): number {
  let to = from
  while (to < fields.length && !['string', 'boolean'].includes(fields[to].type) && !isNullable(fields[to])) to++
  return to - from
}

function refuse(field: FieldSpec, value: unknown, writer: ByteWriter, start: number): never {
  writer.truncate(start)
  throw new MillraceError('ML_VALUE', {
    what: `${pathStep(field.name)} is not ${field.type === 'integer' ? 'an' : 'a'} ${field.type}${field.nullable ? ' or null' : ''}`,
    got: value,
    where: 'a record of a schema',
    remedy: 'Records are immutable: return a new object from map instead',
  })
}

/** Bits past the last nullable field are zero, so that a record has one row only. */
function checkMask(mask: number, used: number, reader: ByteReader): void {
  if (mask >> used !== 0) reader.fail('a row marks fields as null that the schema does not have', mask)
}

function readBoolean(reader: ByteReader): boolean {
  const byte = reader.u8()
  return byte <= 1 ? byte === 1 : reader.fail('a boolean must be 0 or 1', byte)
}
