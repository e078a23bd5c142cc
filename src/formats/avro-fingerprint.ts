import { utf8Length, utf8Write } from '../bytes/utf8.ts'
import type { AvroType } from './avro-schema.ts'

/**
 * The 64-bit Rabin fingerprint of a schema's canonical form, as the eight bytes of the single-object encoding: low ones
 * first.
 *
 * @see Avro 1.12, Parsing Canonical Form for Schemas; Schema Fingerprints
 */
export function avroFingerprint(type: AvroType): Uint8Array {
  const text = canonicalForm(type, new Set())
  const bytes = new Uint8Array(utf8Length(text))
  utf8Write(text, bytes, 0)
  let print = EMPTY
  for (const byte of bytes) print = (print >> 8n) ^ TABLE[Number(print & 0xffn) ^ byte]
  return Uint8Array.from({ length: 8 }, (_, i) => Number((print >> BigInt(8 * i)) & 0xffn))
}

const EMPTY = 0xc15d213aa4d7a795n
const TABLE = Array.from({ length: 256 }, (_, byte) => {
  let print = BigInt(byte)
  for (let bit = 0; bit < 8; bit++) print = (print >> 1n) ^ ((print & 1n) === 1n ? EMPTY : 0n)
  return print
})

/** Only what decides the bytes of values: full names, no blanks, no documentation. @param known names written before */
function canonicalForm(type: AvroType, known: Set<string>): string {
  switch (type.kind) {
    case 'union':
      return `[${type.branches.map((branch) => canonicalForm(branch, known)).join(',')}]`
    case 'array':
      return `{"type":"array","items":${canonicalForm(type.items, known)}}`
    case 'map':
      return `{"type":"map","values":${canonicalForm(type.values, known)}}`
    case 'record':
    case 'enum':
    case 'fixed':
      break
    default:
      return JSON.stringify(type.kind)
  }
  const name = JSON.stringify(type.name)
  if (known.has(type.name)) return name
  known.add(type.name)
  if (type.kind === 'enum') return `{"name":${name},"type":"enum","symbols":${JSON.stringify(type.symbols)}}`
  if (type.kind === 'fixed') return `{"name":${name},"type":"fixed","size":${type.size}}`
  const fields = type.fields.map((field) => `{"name":"${field.name}","type":${canonicalForm(field.type, known)}}`)
  return `{"name":${name},"type":"record","fields":[${fields.join(',')}]}`
}
