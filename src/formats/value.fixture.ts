/** Any data value there is, and what `toStrictEqual` does not see of one: for the tests of the codecs. */
import fc from 'fast-check'

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

/** Property names in their order. */
export function order(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))
}
