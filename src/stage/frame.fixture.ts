/** Any records, and their frames: for the tests of what writes and reads those. */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect } from 'vitest'
import { anyData, anyText, order } from '../formats/value.fixture.ts'
import type { Envelope } from '../time/identity.ts'
import { edgeEncoder } from './frame.ts'
import { FrameWriter } from './frame-writer.ts'

const safe = fc.maxSafeInteger()
export const anyEnvelope: fc.Arbitrary<Envelope> = fc.record(
  {
    time: safe,
    origin: fc.oneof(fc.constantFrom('departures', 'landings', '~model'), anyText),
    split: fc.oneof(fc.constantFrom('a.csv', 'b.csv'), anyText),
    position: safe.map(Math.abs),
    path: fc.oneof(fc.constant(-1), safe, fc.array(safe.map(Math.abs), { minLength: 1, maxLength: 4 })),
    value: anyData,
  },
  { noNullPrototype: true },
)

export function frameOf(
  envelopes: readonly Envelope[],
  writer = new FrameWriter(edgeEncoder(undefined), undefined, 128),
) {
  for (const envelope of envelopes) writer.add(envelope)
  return writer.take() ?? new Uint8Array(0)
}

export function expectSame(back: readonly Envelope[], envelopes: readonly Envelope[]): void {
  expect(isDeepStrictEqual(back, envelopes)).toBe(true)
  expect(order(back)).toBe(order(envelopes))
}
