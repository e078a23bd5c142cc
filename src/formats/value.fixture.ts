/** Any data value there is, and what `toStrictEqual` does not see of one: for the tests of the codecs. */
import fc from 'fast-check'
import { schemaFromJSON } from './schema.ts'

export const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) })

export const anyName = fc.oneof(
  anyText,
  fc.constantFrom('__proto__', 'constructor', 'hasOwnProperty', 'toString', '7', 'length'),
)

export const anyData = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, undefined, true, false, -0, NaN, Infinity, 5e-324),
    fc.double(),
    fc.integer(),
    fc.bigInt(),
    anyText,
    fc.uint8Array(),
    fc.array(tie('value')),
    fc.array(fc.tuple(anyName, tie('value'))).map((entries) => Object.fromEntries(entries)),
  ),
})).value

const anyFieldName = fc.oneof(
  anyText,
  fc.constantFrom('__proto__', 'constructor', 'row', 'a"b', '\u2028', '7', '`$', '$'.concat('{x}')),
)
const types = {
  string: anyText,
  number: fc.double({ noNaN: true, noDefaultInfinity: true }),
  integer: fc.maxSafeInteger(),
  boolean: fc.boolean(),
  time: fc.nat(),
}

/** A schema of any names and types, and a record of it. */
export const schemaAndRow = fc
  .uniqueArray(
    fc.tuple(
      anyFieldName.filter((name) => name !== ''),
      fc.constantFrom(...(Object.keys(types) as (keyof typeof types)[])),
      fc.boolean(),
    ),
    { selector: ([name]) => name, minLength: 1, maxLength: 20 },
  )
  .chain((fields) => {
    const specs = fields.map(([name, type, nullable]) => {
      return type === 'time' ? { name, type, nullable, unit: 'ms', min: 0, max: 2 ** 40 } : { name, type, nullable }
    })
    const values = fields.map(([, type, nullable]) => (nullable ? fc.option<unknown>(types[type]) : types[type]))
    return fc.tuple(fc.constant(schemaFromJSON({ fields: specs })), fc.tuple(...values))
  })
  .map(([schema, values]) => {
    return [schema, Object.fromEntries(schema.fields.map((field, i) => [field.name, values[i]]))] as const
  })

/** Property names in their order. */
export function order(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))
}
