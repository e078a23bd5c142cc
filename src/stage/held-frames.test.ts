import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Envelope, ROOT_PATH } from '../time/identity.ts'
import { anyEnvelope, expectSame, frameOf } from './frame.fixture.ts'
import { edgeDecoder } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import { type HeldFrame, HeldFrames } from './held-frames.ts'

interface Held {
  readonly frame: HeldFrame
  readonly at: number
  readonly envelope: Envelope
}

/** Holds a frame, and overwrites where it came from. */
function hold(reader: FrameReader, frames: HeldFrames, envelopes: readonly Envelope[], frame: Uint8Array): Held[] {
  const held: Held[] = []
  const done = reader.hold(frame, frames, (identity, by, at) => {
    const envelope = envelopes[held.length]
    expectSame([{ ...identity, value: envelope.value }], [envelope])
    held.push({ frame: by, at, envelope })
  })
  expect(done).toBe(true)
  expect(held.length).toBe(envelopes.length)
  frame.fill(0xff)
  return held
}

describe('frames that are held', () => {
  test('give each value whenever it is asked for, while others come and go', () => {
    const batches = fc.array(fc.array(anyEnvelope, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(batches, fc.infiniteStream(fc.nat(1 << 20)), (all, choices) => {
        const frames = new HeldFrames()
        const reader = new FrameReader(edgeDecoder(undefined), 'test')
        let held: Held[] = []
        for (const envelopes of all) {
          held = held.concat(hold(reader, frames, envelopes, frameOf(envelopes)))
          for (let n = choices.next().value % (held.length + 1); n > 0; n--) {
            const [{ frame, at, envelope }] = held.splice(choices.next().value % held.length, 1)
            expectSame([{ ...envelope, value: frame.value(at) }], [envelope])
            expectSame([{ ...envelope, value: frame.take(at) }], [envelope])
          }
        }
        for (const { frame, at, envelope } of held) expectSame([{ ...envelope, value: frame.take(at) }], [envelope])
      }),
      { numRuns: 100 },
    )
  })

  test('are not held beyond a bound, and again when others are done', () => {
    const value = 'x'.repeat(1 << 20)
    const envelope: Envelope = { time: 1, origin: 'rows', split: 'a', position: 0, path: ROOT_PATH, value }
    const frame = frameOf([envelope])
    const frames = new HeldFrames()
    const reader = new FrameReader(edgeDecoder(undefined), 'test')
    const held: (() => unknown)[] = []
    const one = () => reader.hold(frame, frames, (_identity, by, at) => void held.push(() => by.take(at)))
    for (let i = 0; i < 32; i++) expect(one()).toBe(true)
    expect(one()).toBe(false)
    expect(held.length).toBe(32)
    expect((held.pop() as () => unknown)()).toBe(value)
    expect(one()).toBe(true)
    expect(one()).toBe(false)
  })

  test('refuse a damaged value as corrupt when its time has come, and the records of the same frame stay good', () => {
    const envelopes = ['a', 'b', 'c'].map(
      (value, i): Envelope => ({ time: i, origin: 'rows', split: 'a', position: i, path: ROOT_PATH, value }),
    )
    const frame = frameOf(envelopes)
    const at = frame.lastIndexOf('b'.charCodeAt(0))
    // The length of the text: one byte more than there is.
    frame[at - 1]++
    const held = hold(new FrameReader(edgeDecoder(undefined), 'test'), new HeldFrames(), envelopes, frame)
    expect(held[0].frame.take(held[0].at)).toBe('a')
    expect(() => held[1].frame.take(held[1].at)).toThrow(/^ML_CORRUPT/)
    expect(held[2].frame.take(held[2].at)).toBe('c')
  })
})
