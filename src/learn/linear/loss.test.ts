import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { slopeOf } from './linear.reference.ts'
import { Loss } from './loss.ts'
import { hinge, huber, type LossSpec, poisson, quantile, squared, squaredHinge } from './losses.ts'
import { ERROR, GAP, LABEL, newStep, SCORE } from './step.ts'

const losses: readonly LossSpec[] = [
  { kind: 'log' },
  squared(),
  huber(1.5),
  poisson(),
  hinge(),
  squaredHinge(),
  quantile(0.3),
]
const smooth = losses.filter(({ kind }) => kind !== 'hinge' && kind !== 'quantile')

function labelFor({ kind }: LossSpec, label: number): number {
  if (kind === 'log' || kind === 'hinge' || kind === 'squaredHinge') return label > 0 ? 1 : 0
  return kind === 'poisson' ? Math.abs(label) : label
}

const thousandths = (min: number, max: number) => fc.integer({ min: min * 1000, max: max * 1000 }).map((i) => i / 1000)

describe('the losses', () => {
  for (const spec of losses) {
    it(`${spec.kind}: the slope is that of the formula, and a step of the gap stays on this side of the least point`, () => {
      fc.assert(
        fc.property(thousandths(-8, 8), thousandths(-8, 8), (score, label) => {
          const step = newStep()
          const y = labelFor(spec, label)
          step[SCORE] = score
          step[LABEL] = y
          const loss = new Loss(spec)
          loss.measure(step)
          const slope = slopeOf(spec, score, y)
          expect(Math.abs(step[ERROR] - slope)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(slope)))
          if (!loss.ends) return
          const after = slopeOf(spec, score - Math.sign(slope) * step[GAP], y)
          expect(after * slope).toBeGreaterThanOrEqual(-1e-9 * slope * slope)
        }),
      )
    })
  }

  for (const spec of smooth) {
    it(`${spec.kind}: the importance-aware change is where Runge and Kutta arrive in 2,000 small steps`, () => {
      fc.assert(
        fc.property(thousandths(-4, 4), thousandths(-4, 4), thousandths(0, 3), (score, label, length) => {
          const y = labelFor(spec, label)
          const change = new Loss(spec).change(score, y, length)
          const expected = integrated(spec, score, y, length)
          // The slope of Huber and squared hinge bends, which costs the method its order.
          expect(Math.abs(change - expected)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(expected)))
        }),
        { numRuns: 50 },
      )
    })
  }

  it('never passes the least point, however long the path, and goes nowhere in no time', () => {
    fc.assert(
      fc.property(
        thousandths(-30, 30),
        thousandths(-30, 30),
        fc.constantFrom(0, 1e-9, 1, 1e6, 1e15),
        (score, label, length) => {
          for (const spec of losses) {
            const y = labelFor(spec, label)
            const change = new Loss(spec).change(score, y, length)
            expect(change - change).toBe(0)
            if (length === 0) expect(change + 0).toBe(0)
            const [before, after] = [slopeOf(spec, score, y), slopeOf(spec, score + change, y)]
            if (spec.kind === 'squared' || spec.kind === 'poisson') {
              expect(before * after, spec.kind).toBeGreaterThanOrEqual(-1e-9 * before * before)
            }
            expect(change * before, spec.kind).toBeLessThanOrEqual(0)
          }
        },
      ),
    )
  })

  it('refuse parameters that make no sense', () => {
    for (const delta of [0, -1, NaN, Infinity]) expect(() => huber(delta)).toThrow(/ML_RANGE: delta/)
    for (const tau of [0, 1, -1, NaN]) expect(() => quantile(tau)).toThrow(/ML_RANGE: tau/)
  })
})

function integrated(spec: LossSpec, score: number, y: number, length: number): number {
  const steps = 2000
  const h = length / steps
  let s = score
  for (let i = 0; i < steps; i++) {
    const k1 = -slopeOf(spec, s, y)
    const k2 = -slopeOf(spec, s + (h / 2) * k1, y)
    const k3 = -slopeOf(spec, s + (h / 2) * k2, y)
    const k4 = -slopeOf(spec, s + h * k3, y)
    s += (h / 6) * (k1 + 2 * k2 + 2 * k3 + k4)
  }
  return s - score
}
