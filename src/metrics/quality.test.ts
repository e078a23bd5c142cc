/** What holds of the metrics of every task: windows, fading, event time, refusals and snapshots. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
import type { BinaryOutcome } from './binary-outcome.ts'
import { binaryQuality } from './binary-quality.ts'
import { plainReport } from './binary-report.reference.ts'
import type { MulticlassOutcome } from './multiclass-outcome.ts'
import { multiclassQuality } from './multiclass-quality.ts'
import { plainMulticlassReport } from './multiclass-report.reference.ts'
import {
  binaryOutcome,
  binaryStreams,
  bytesOf,
  expectClose,
  multiclassOutcome,
  multiclassStreams,
  regressionOutcome,
  regressionStreams,
  restored,
  textOf,
} from './outcomes.fixture.ts'
import type { Quality, QualityKind, QualityWindow, Tumbling } from './quality.ts'
import type { RegressionOutcome } from './regression-outcome.ts'
import { quantileQuality } from './regression-quality.ts'
import { plainRegressionReport } from './regression-report.reference.ts'

interface Task<O> {
  readonly kind: QualityKind<O, object>
  readonly streams: fc.Arbitrary<O[]>
  readonly plain: (outcomes: readonly O[], share?: (index: number) => number) => object
  readonly some: O
  /** What must be refused, and with which code. */
  readonly wrong: readonly (readonly [Partial<O>, string])[]
}

const weights = [
  [{ weight: -1 }, 'ML_LABEL'],
  [{ weight: 1.1e100 }, 'ML_LABEL'],
  [{ weight: Number.NaN }, 'ML_LABEL'],
  [{ weight: '1' as unknown as number }, 'ML_LABEL'],
] as const

const binary: Task<BinaryOutcome> = {
  kind: binaryQuality,
  streams: binaryStreams,
  plain: plainReport,
  some: binaryOutcome(0.3, true),
  wrong: [
    ...weights,
    [{ probability: Number.NaN }, 'ML_VALUE'],
    [{ probability: 1.01 }, 'ML_VALUE'],
    [{ prior: -0.1 }, 'ML_VALUE'],
    [{ probability: '0.5' as unknown as number }, 'ML_VALUE'],
    [{ label: 1 as unknown as boolean }, 'ML_LABEL'],
  ],
}

const multiclass: Task<MulticlassOutcome> = {
  kind: multiclassQuality,
  streams: multiclassStreams,
  plain: plainMulticlassReport,
  some: multiclassOutcome('a', 'b', { majority: 'c' }),
  wrong: [
    ...weights,
    [{ probability: Number.NaN }, 'ML_VALUE'],
    [{ confidence: -0.01 }, 'ML_VALUE'],
    [{ brier: 2.01 }, 'ML_VALUE'],
    [{ brier: Number.NaN }, 'ML_VALUE'],
    [{ label: null as unknown as string }, 'ML_LABEL'],
    [{ predicted: 3 as unknown as string }, 'ML_VALUE'],
    [{ last: true as unknown as string }, 'ML_VALUE'],
    [{ majority: undefined as unknown as string }, 'ML_VALUE'],
  ],
}

const regression: Task<RegressionOutcome> = {
  kind: quantileQuality(0.9),
  streams: regressionStreams,
  plain: (outcomes, share) => plainRegressionReport(outcomes, share, 0.9),
  some: regressionOutcome(1, 2, { low: 0, high: 3 }),
  wrong: [
    ...weights,
    [{ value: Number.NaN }, 'ML_VALUE'],
    [{ value: 1.1e80 }, 'ML_VALUE'],
    [{ label: Number.NEGATIVE_INFINITY }, 'ML_LABEL'],
    [{ label: '1' as unknown as number }, 'ML_LABEL'],
    [{ value: '1' as unknown as number }, 'ML_VALUE'],
    [{ mean: Number.NaN }, 'ML_VALUE'],
    [{ last: -1.1e80 }, 'ML_VALUE'],
    [{ low: 1, high: null }, 'ML_VALUE'],
    [{ low: 1, high: 0.9 }, 'ML_VALUE'],
    [{ low: 0, high: Number.POSITIVE_INFINITY }, 'ML_VALUE'],
  ],
}

function suite<O>(name: string, { kind, streams, plain, some, wrong }: Task<O>): void {
  const filled = <Q extends { update(outcome: O, timeMs: number): void }>(quality: Q, list: readonly O[]): Q => {
    for (const [index, each] of list.entries()) quality.update(each, index)
    return quality
  }
  const counting: Record<string, () => Quality<O, object>> = {
    overall: () => kind.overall(),
    windowed: () => kind.windowed(7),
    faded: () => kind.faded(5),
  }
  const all: Record<string, () => Quality<O, object> | Tumbling<O, object>> = {
    ...counting,
    tumbling: () => kind.tumbling(10),
  }

  describe(`${name} quality`, () => {
    test('overall equals the definitions on random streams, weights and ties included', () => {
      fc.assert(fc.property(streams, (list) => expectClose(filled(kind.overall(), list).report(), plain(list))))
    })

    test('of the last outcomes equals the definitions over them', () => {
      fc.assert(
        fc.property(streams, fc.integer({ min: 1, max: 20 }), (list, size) => {
          const quality = filled(kind.windowed(size), list)
          expect(quality.records).toBe(Math.min(size, list.length))
          expectClose(quality.report(), plain(list.slice(-size)))
        }),
      )
    })

    test('faded equals the definitions with every weight halved by age', () => {
      fc.assert(
        fc.property(streams, fc.constantFrom(3, 20, 1000), (list, halfLife) => {
          const share = (index: number): number => 0.5 ** ((list.length - 1 - index) / halfLife)
          expectClose(filled(kind.faded(halfLife), list).report(), plain(list, share))
        }),
      )
    })

    test('faded is scaled back before its weights overflow, which no report tells', () => {
      fc.assert(
        fc.property(streams, (stream) => {
          const list = [...Array.from({ length: 200 }, () => some), ...stream.slice(0, 20)]
          // What is older than 100 half-lives weighs nothing in a double.
          const expected = plain(list.slice(-100), (index) => 0.5 ** (99 - index))
          expectClose(filled(kind.faded(1), list).report(), { ...expected, records: list.length })
        }),
        { numRuns: 20 },
      )
    })

    test('by windows of event time is that of each window as a stream of its own, in whatever order they come', () => {
      fc.assert(
        fc.property(streams, fc.infiniteStream(fc.integer({ min: 0, max: 99 })), (list, times) => {
          const timed = list.map((outcome) => ({ outcome, time: times.next().value as number }))
          const quality = kind.tumbling(20)
          for (const { outcome, time } of timed) quality.update(outcome, time)
          for (const { startMs, endMs, report } of quality.advance(Number.MAX_SAFE_INTEGER)) {
            const own = timed.filter(({ time }) => time >= startMs && time < endMs)
            expectClose(report, plain(own.map(({ outcome }) => outcome)))
          }
        }),
      )
    })

    test('keeps the newest outcomes when it is restored into a smaller window', () => {
      fc.assert(
        fc.property(streams, (list) => {
          const smaller = restored(kind.windowed(2), filled(kind.windowed(5), list))
          expect(textOf(smaller)).toBe(textOf(filled(kind.windowed(2), list)))
        }),
      )
    })

    test.each(wrong)('refuses %o with its code and counts nothing', (part, code) => {
      for (const create of Object.values(all)) {
        const quality = create()
        quality.update(some, 1)
        const before = textOf(quality)
        for (const time of [1, 11]) {
          expect(() => quality.update({ ...some, ...part }, time)).toThrow(expect.objectContaining({ code }))
        }
        expect(textOf(quality)).toBe(before)
      }
    })

    test.each(Object.entries(all))('%s: snapshots are the same bytes wherever the run was interrupted', (_, create) => {
      fc.assert(
        fc.property(streams, fc.nat(60), (list, cut) => {
          const after = restored(create(), filled(create(), list.slice(0, cut)))
          for (const [index, each] of list.entries()) if (index >= cut) after.update(each, index)
          expect(textOf(after)).toBe(textOf(filled(create(), list)))
        }),
        { numRuns: 50 },
      )
    })

    test.each(Object.entries(counting))('%s: a restored metric says the same to the last bit', (_, create) => {
      fc.assert(
        fc.property(streams, (list) => {
          const quality = filled(create(), list)
          const again = restored(create(), quality)
          expect([again.records, again.report()]).toEqual([quality.records, quality.report()])
        }),
      )
    })

    test.each(Object.entries(all))('%s: snapshots cut short or of a newer version are refused', (_, create) => {
      const [list] = fc.sample(
        streams.filter(({ length }) => length > 8),
        { numRuns: 1, seed: 1 },
      )
      const stored = bytesOf(filled(create(), list))
      for (let length = 0; length < stored.length; length += Math.ceil(stored.length / 50)) {
        const cut = new ByteReader(stored.subarray(0, length), 'test')
        expect(() => create().restore(cut)).toThrow(expect.objectContaining({ code: 'ML_CORRUPT' }))
      }
      const newer = new ByteReader(Uint8Array.from([9, ...stored.subarray(1)]), 'test')
      expect(() => create().restore(newer)).toThrow(expect.objectContaining({ code: 'ML_VERSION' }))
    })

    test.each(Object.entries(all))('%s: damaged snapshots are restored or refused, never a crash', (_, create) => {
      fc.assert(
        fc.property(streams, fc.nat(), fc.integer({ min: 1, max: 255 }), (list, at, flip) => {
          const stored = bytesOf(filled(create(), list))
          stored[at % stored.length] ^= flip
          try {
            create().restore(new ByteReader(stored, 'test'))
          } catch (error) {
            expect(['ML_CORRUPT', 'ML_VERSION', 'ML_RANGE']).toContain((error as { code: unknown }).code)
          }
        }),
        { numRuns: 50 },
      )
    })
  })
}

suite('binary', binary)
suite('multiclass', multiclass)
suite('regression', regression)

describe('the frame', () => {
  const spans = (windows: QualityWindow<{ records: number }>[]): number[][] =>
    windows.map((w) => [w.startMs, w.endMs, w.report.records])
  const { some } = regression
  const tumbling = (sizeMs: number) => quantileQuality(0.5).tumbling(sizeMs)

  test('refuses a size that is no count, and a half-life that is none', () => {
    for (const size of [0, -1, 1.5, Number.NaN, 1e9]) {
      expect(() => binaryQuality.windowed(size)).toThrow(expect.objectContaining({ code: 'ML_RANGE' }))
    }
    for (const halfLife of [0, 0.99, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => binaryQuality.faded(halfLife)).toThrow(expect.objectContaining({ code: 'ML_RANGE' }))
    }
  })

  test('closes a window when the watermark reaches its last millisecond, by time, without the empty ones', () => {
    const quality = tumbling(10)
    for (const time of [25, 3, 9, 10, -1]) quality.update(some, time)
    expect(spans(quality.open())).toEqual([
      [-10, 0, 1],
      [0, 10, 2],
      [10, 20, 1],
      [20, 30, 1],
    ])
    expect(spans(quality.advance(8))).toEqual([[-10, 0, 1]])
    expect(spans(quality.advance(9))).toEqual([[0, 10, 2]])
    expect(spans(quality.advance(Number.MAX_SAFE_INTEGER))).toEqual([
      [10, 20, 1],
      [20, 30, 1],
    ])
    expect(quality.open()).toEqual([])
  })

  test('leaves an outcome of a closed window out and counts it as late, before and after a restore', () => {
    const quality = tumbling(10)
    quality.advance(19)
    quality.update(some, 19)
    const again = restored(tumbling(10), quality)
    again.update(some, 0)
    again.update(some, 20)
    expect([again.late, spans(again.open())]).toEqual([2, [[20, 30, 1]]])
  })

  test('does not open a closed window again when the watermark falls back', () => {
    const quality = tumbling(10)
    quality.advance(19)
    quality.advance(5)
    quality.update(some, 15)
    expect(quality.late).toBe(1)
  })

  test('refuses to continue windows of another length, a time that is none, and more than 100 open windows', () => {
    const quality = tumbling(10)
    expect(() => restored(tumbling(20), quality)).toThrow(expect.objectContaining({ code: 'ML_RANGE' }))
    expect(() => tumbling(0)).toThrow(expect.objectContaining({ code: 'ML_RANGE' }))
    expect(() => quality.update(some, Number.NaN)).toThrow(expect.objectContaining({ code: 'ML_EVENT_TIME' }))
    for (let i = 0; i < 100; i++) quality.update(some, i * 10)
    expect(() => quality.update(some, 1000)).toThrow(expect.objectContaining({ code: 'ML_STATE_LIMIT' }))
  })
})
