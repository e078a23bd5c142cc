/** Random streams of outcomes, and what the tests of all tasks need to compare them. */
import fc from 'fast-check'
import { expect } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import type { BinaryOutcome } from './binary-outcome.ts'
import type { MulticlassOutcome } from './multiclass-outcome.ts'
import type { RegressionOutcome } from './regression-outcome.ts'

export const binaryOutcome = (
  probability: number,
  label: boolean,
  rest: Partial<BinaryOutcome> = {},
): BinaryOutcome => ({ probability, label, weight: 1, prior: 0.5, majority: null, last: null, ...rest })

export const multiclassOutcome = (
  predicted: string | null,
  label: string,
  rest: Partial<MulticlassOutcome> = {},
): MulticlassOutcome => ({
  predicted,
  label,
  probability: 0.5,
  brier: 0.5,
  confidence: 0.5,
  weight: 1,
  majority: null,
  last: null,
  ...rest,
})

export const regressionOutcome = (
  value: number,
  label: number,
  rest: Partial<RegressionOutcome> = {},
): RegressionOutcome => ({ value, label, weight: 1, mean: null, last: null, ...rest })

/** Coarse scores, so that ties occur and a sketch tells the others apart; the ends, so that the loss is cut. */
const coarse = fc.integer({ min: 0, max: 8 }).map((eighths) => eighths / 8)
const probability = fc.double({ min: 0, max: 1, noNaN: true })
const weight = fc.constantFrom(1, 1, 0.1, 3, 0)
const streamOf = <O>(outcome: fc.Arbitrary<O>): fc.Arbitrary<O[]> => fc.array(outcome, { maxLength: 60 })

const binaryStreamOf = (score: fc.Arbitrary<number>): fc.Arbitrary<BinaryOutcome[]> =>
  streamOf(
    fc.record({
      probability: score,
      label: fc.boolean(),
      weight,
      prior: fc.oneof(fc.constant(null), probability),
      majority: fc.constantFrom(null, true, false),
      last: fc.constantFrom(null, true, false),
    }),
  )

export const binaryStreams = binaryStreamOf(coarse)
/** With scores that a sketch of the area under the curve does not tell apart. */
export const fineBinaryStreams = binaryStreamOf(fc.oneof(coarse, probability))

const name = fc.constantFrom('a', 'b', 'c', '', '\u{1f600}', '\ud800', '__proto__')
const maybeName = fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 6, arbitrary: name })

export const multiclassStreams: fc.Arbitrary<MulticlassOutcome[]> = streamOf(
  fc.record({
    label: name,
    predicted: maybeName,
    probability: fc.oneof(coarse, probability),
    brier: fc.double({ min: 0, max: 2, noNaN: true }),
    confidence: fc.oneof(coarse, probability),
    weight,
    majority: maybeName,
    last: maybeName,
  }),
)

/** Multiples of 1/64: what is squared and summed of them does not underflow. */
const number = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: -64_000, max: 64_000 }).map((n) => n / 64),
)
const maybeNumber = fc.oneof(fc.constant(null), number)
const interval = fc.oneof(
  fc.constant({}),
  fc.constant({ low: null, high: null }),
  fc.tuple(number, number).map(([a, b]) => ({ low: Math.min(a, b), high: Math.max(a, b) })),
)

export const regressionStreams: fc.Arbitrary<RegressionOutcome[]> = streamOf(
  fc
    .tuple(fc.record({ value: number, label: number, weight, mean: maybeNumber, last: maybeNumber }), interval)
    .map(([outcome, ends]) => ({ ...outcome, ...ends })),
)

/** The same values, null where null, to nine digits of what is larger than 1 and after the point of what is not. */
export function expectClose(report: object, expected: object): void {
  const found = flat(report)
  const wanted = flat(expected)
  expect(Object.keys(found)).toEqual(Object.keys(wanted))
  for (const [name, value] of Object.entries(wanted)) {
    const got = found[name]
    if (typeof value !== 'number' || typeof got !== 'number') expect({ [name]: got }).toEqual({ [name]: value })
    else expect(Math.abs(got - value) / Math.max(1, Math.abs(value)), `${name}: ${got} for ${value}`).toBeLessThan(1e-9)
  }
}

function flat(value: object, path = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .flatMap((name) => {
        const inner = (value as Record<string, unknown>)[name]
        const at = path === '' ? name : `${path}.${name}`
        return typeof inner === 'object' && inner !== null ? Object.entries(flat(inner, at)) : [[at, inner]]
      }),
  )
}

interface Stored {
  snapshot(writer: ByteWriter): void
  restore(reader: ByteReader): void
}

export function bytesOf(stored: Stored): Uint8Array {
  const writer = new ByteWriter()
  stored.snapshot(writer)
  return writer.finish()
}

/** The bytes as text, which compares in an instant. */
export const textOf = (stored: Stored): string => Buffer.from(bytesOf(stored)).toString('latin1')

export function restored<M extends Stored>(into: M, from: Stored): M {
  const reader = new ByteReader(bytesOf(from), 'test')
  into.restore(reader)
  reader.expectEnd()
  return into
}
