import { describe, expect, expectTypeOf, it } from 'vitest'
import { boolean, type Infer, integer, number, record, schemaFromJSON, string, time } from './schema.ts'

const Departure = record({ id: string(), distance: number(), seats: integer().nullable(), late: boolean(), at: time() })

describe('record', () => {
  it('infers the record type once, nullable fields included', () => {
    expectTypeOf<Infer<typeof Departure>>().toEqualTypeOf<{
      readonly id: string
      readonly distance: number
      readonly seats: number | null
      readonly late: boolean
      readonly at: number
    }>()
    // @ts-expect-error a record has only its declared fields
    expectTypeOf<Infer<typeof Departure>>().toHaveProperty('origin')
  })

  it('keeps the declared order and writes every option as plain JSON', () => {
    expect(Departure.fields.map((field) => field.name)).toEqual(['id', 'distance', 'seats', 'late', 'at'])
    expect(JSON.parse(JSON.stringify(Departure)).fields[4]).toEqual({
      name: 'at',
      type: 'time',
      nullable: false,
      unit: 'iso',
      utcOffset: null,
      min: 0,
      max: Date.UTC(2100, 0, 1),
    })
  })

  it('comes back from its JSON', () => {
    const schema = record({ a: time({ unit: 's', utcOffset: '-05:00', min: 5, max: 9 }).nullable(), b: boolean() })
    expect(schemaFromJSON(JSON.parse(JSON.stringify(schema))).toJSON()).toEqual(schema.toJSON())
  })

  it('takes any name, __proto__ as a computed key, without touching a prototype', () => {
    const schema = record({ ['__proto__']: string(), constructor: number(), 'a,b "c"': time() })
    expect(schema.fields.map((field) => field.name)).toEqual(['__proto__', 'constructor', 'a,b "c"'])
    expect(Object.getPrototypeOf({})).toBe(Object.prototype)
    expect(() => record({ __proto__: string(), b: string() } as never)).toThrow(/ML_SCHEMA.*\['__proto__'\]/)
  })

  it('refuses no fields, an empty name, a name given twice, and what is no field type', () => {
    expect(() => record({})).toThrow(/at least one field/)
    expect(() => record({ '': string() })).toThrow(/must not be empty/)
    expect(() => record({ a: 'string' as never })).toThrow(/field "a" must be/)
    const a = { name: 'a', type: 'string', nullable: false }
    expect(() => schemaFromJSON({ fields: [a, a] })).toThrow(/appears twice/)
    expect(() => schemaFromJSON({ fields: [{ ...a, type: 'date' }] })).toThrow(/unknown type/)
    expect(() => schemaFromJSON(null)).toThrow(/ML_SCHEMA/)
  })

  it('refuses time options that mean nothing', () => {
    expect(() => time({ utcOffset: 'America/New_York' })).toThrow(/fixed offset/)
    expect(() => time({ min: 2, max: 1 })).toThrow(/min first/)
    expect(() => time({ min: Number.NaN })).toThrow(/ML_SCHEMA/)
    expect(() => time({ unit: 'us' as never })).toThrow(/unit/)
  })
})

describe('validate', () => {
  const standard = (validate: (value: unknown) => unknown) => ({
    '~standard': { version: 1 as const, vendor: 'test', validate },
  })

  it('words the issues of a Standard Schema, and is not part of the JSON', () => {
    const schema = record(
      { a: number() },
      {
        validate: standard((value) =>
          (value as { a: number }).a > 0
            ? { value }
            : { issues: [{ message: 'must be positive', path: [{ key: 'a' }] }] },
        ),
      },
    )
    expect(schema.check?.({ a: 1 })).toBeUndefined()
    expect(schema.check?.({ a: -1 })).toBe('a: must be positive')
    expect(JSON.stringify(schema)).toBe(JSON.stringify(record({ a: number() })))
  })

  it('counts what a check throws as a refusal, and stops at an asynchronous one', () => {
    const throwing = record(
      { a: number() },
      {
        validate: standard(() => {
          throw new TypeError('boom')
        }),
      },
    )
    expect(throwing.check?.({ a: 1 })).toBe('TypeError: boom')
    const asynchronous = record({ a: number() }, { validate: standard(() => Promise.resolve({ value: 1 })) })
    expect(() => asynchronous.check?.({ a: 1 })).toThrow(/asynchronous/)
    expect(() => record({ a: number() }, { validate: {} as never })).toThrow(/Standard Schema/)
  })
})
