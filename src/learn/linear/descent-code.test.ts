import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FeatureEncoder } from '../../features/feature-encoder.ts'
import { LearningRows } from '../learning-rows.ts'
import { sumOfSquares } from './dense-sums.ts'
import { descentStep, standardisedDescentStep } from './descent-code.ts'
import { invScaling } from './inv-scaling.ts'
import { LinearLearner } from './linear-learner.ts'
import { logDescentAt, standardisedLogDescent } from './log-descent.ts'
import { type LogisticSpec, logistic } from './logistic.ts'
import { updateAndStandardiseOneCount } from './one-count-standardiser.ts'
import { sgd } from './sgd.ts'
import { ACTIVE, GAIN, LABEL, newStep, RATE, SQUARE, STEP, WEIGHT } from './step.ts'

const MODELS = 3
const ROWS = 12
const numbers = fc.double({ min: -1e3, max: 1e3, noNaN: true })

function specOf(width: number, max: number, optimizer = sgd(0.1), standardise = false): LogisticSpec {
  const numeric = Array.from({ length: width }, (_unused, i) => ({ name: `f${i}`, nullable: false, max }))
  const inputs = { spec: { version: 1, numeric, categorical: [] } }
  return logistic({ inputs, optimizer, standardise } as never) as unknown as LogisticSpec
}

/** A learner, its rows, and `MODELS` models in one page. */
function begin(spec: LogisticSpec) {
  const learner = new LinearLearner(spec, { fixedInputs: true })
  const rows = new LearningRows(new FeatureEncoder(spec.inputs), 1, ROWS)
  const size = learner.size(spec.inputs.numeric.length)
  const page = new Float64Array(MODELS * size)
  rows.weights.fill(1)
  for (let i = 0; i < ROWS; i++) {
    rows.pages[i] = page
    rows.offsets[i] = (i % MODELS) * size
  }
  return { learner, rows, page, size }
}

it('gives rows the bits of records one by one, of any width', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.nat(12), fc.constantFrom(63, 64, 65)),
      fc.constantFrom(sgd(0.1), invScaling(0.5, 0.5)),
      fc.constantFrom(1e15, 1e25),
      fc.boolean(),
      fc.array(fc.tuple(fc.array(numbers, { minLength: 65, maxLength: 65 }), fc.boolean(), fc.constantFrom(1, 3)), {
        maxLength: ROWS,
      }),
      (width, optimizer, max, standardise, stream) => {
        const { learner, rows, page } = begin(specOf(width, max, optimizer as never, standardise))
        stream.forEach(([values, label, weight], i) => {
          rows.vectors[i].dense.set(values.slice(0, width))
          rows.labels[i] = label ? 1 : 0
          rows.weights[i] = weight
        })
        const { vectors, labels, weights, offsets, outs } = rows
        const expected = page.slice()
        const predicted = stream.map((_record, i) => {
          learner.testThenTrain(expected, offsets[i], vectors[i], labels[i], weights[i], outs[i])
          return outs[i][0]
        })
        rows.outputs.fill(Number.NaN)
        const split = Math.floor(stream.length / 2)
        expect(learner.testThenTrainRows(rows, 0, split)).toBe(split)
        expect(learner.testThenTrainRows(rows, split, stream.length)).toBe(stream.length)
        expect([...rows.outputs.subarray(0, stream.length)]).toEqual(predicted)
        expect(page).toEqual(expected)
      },
    ),
  )
})

it('stops before a row that it would refuse, and leaves every double of its model', () => {
  for (const [max, spoil] of [
    [1e15, ({ rows }) => void (rows.weights[5] = 0)],
    // A model that no learning leaves: its score is no number.
    [1e15, ({ page, size }) => void (page[2 * size + size - 1] = Number.POSITIVE_INFINITY)],
    [1e25, ({ rows }) => void (rows.vectors[5].dense[1] = 1e21)],
  ] as readonly (readonly [number, (all: ReturnType<typeof begin>) => void])[]) {
    const all = begin(specOf(5, max))
    const { learner, rows, page, size } = all
    for (let i = 0; i < ROWS; i++) rows.vectors[i].dense.set([1, -2, 0.5, 3, i + 1])
    expect(learner.testThenTrainRows(rows, 0, 5)).toBe(5)
    spoil(all)
    const before = page.slice()
    expect(learner.testThenTrainRows(rows, 5, ROWS)).toBe(5)
    expect(page).toEqual(before)
    expect(page[size * 2]).toBe(1)
  }
})

const wide = fc.array(numbers, { minLength: 64, maxLength: 64 })
const anyWidth = fc.oneof(fc.nat(12), fc.constantFrom(63, 64))

it('gives a record the bits of the loops, with a standardiser or without', () => {
  fc.assert(
    fc.property(
      anyWidth,
      fc.array(fc.tuple(wide, fc.boolean(), fc.constantFrom(1, 3), numbers, fc.nat(5)), { maxLength: 12 }),
      (width, stream) => {
        const [first, scaler] = [2, 2 + width]
        const [plain, plainLoops, scaled, scaledLoops] = [0, 1, 2, 3].map(() => new Float64Array(2 + 3 * width))
        const [made, madeScaled] = [descentStep(width), standardisedDescentStep(width)]
        const inputs = new Float64Array(width)
        const work = new Float64Array(width)
        for (const [values, label, weight, active, square] of stream) {
          inputs.set(values.slice(0, width))
          const [step, out] = [newStep(), new Float64Array(1)]
          const [other, otherOut] = [newStep(), new Float64Array(1)]
          const begin = () => {
            for (const one of [step, other]) {
              one[RATE] = 0.1
              one[LABEL] = label ? 1 : 0
              one[WEIGHT] = weight
              one[ACTIVE] = active
              one[SQUARE] = square
            }
          }
          begin()
          expect(made?.(plain, 0, first, scaler, inputs, step, out)).toBe(true)
          expect(logDescentAt(plainLoops, 0, first, inputs, other, otherOut)).toBe(true)
          expect([out[0], step[STEP]]).toEqual([otherOut[0], other[STEP]])
          begin()
          expect(madeScaled?.(scaled, 0, first, scaler, inputs, step, out)).toBe(true)
          sumOfSquares(inputs, other)
          other[GAIN] = 1 / (scaledLoops[0] + 1)
          updateAndStandardiseOneCount(scaledLoops, first, scaler, inputs, work, other)
          standardisedLogDescent(scaledLoops, 0, first, work, other, otherOut)
          expect([out[0], step[STEP]]).toEqual([otherOut[0], other[STEP]])
        }
        expect(plain).toEqual(plainLoops)
        expect(scaled).toEqual(scaledLoops)
      },
    ),
  )
})

it('refuses inputs that are not usable and leaves every double', () => {
  for (const made of [descentStep(3), standardisedDescentStep(3)]) {
    const page = Float64Array.from([4, 0.5, 1, 2, 3, 0.1, 1, 0.2, 1, 0.3, 1])
    const before = page.slice()
    for (const poison of [Number.NaN, Number.POSITIVE_INFINITY, 1e21, -1e308]) {
      const step = newStep()
      step[RATE] = step[WEIGHT] = 1
      expect(made?.(page, 0, 2, 5, Float64Array.from([1, poison, 2]), step, new Float64Array(1))).toBe(false)
      expect(page).toEqual(before)
    }
  }
})

it('is not made for more inputs than an engine optimises', () => {
  expect(descentStep(65)).toBeUndefined()
})
