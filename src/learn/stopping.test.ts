import { describe, expect, it } from 'vitest'
import { learnerChecks } from '../testing/learner-suite.ts'
import { type LearnRecord, randomNumbers, SLOTS, streams } from '../testing/learner-trial.ts'
import { createLearner } from './create-learner.ts'
import type { Learner, LearnerSpec } from './learner.ts'
import { linear } from './linear/linear.ts'
import { logistic } from './linear/logistic.ts'
import { sgd } from './linear/sgd.ts'
import { softmax } from './linear/softmax.ts'
import type { StopOptions } from './stop.ts'
import { stopWhen } from './stop-when.ts'
import { compose } from './transform/compose.ts'
import { interactions } from './transform/products.ts'

type Inputs = Parameters<typeof logistic>[0]['inputs']
const never = { after: 1e9, loss: { tolerance: 0, over: 70 }, weights: { tolerance: 0, over: 110 } }

for (const [name, make] of Object.entries({
  logistic: (inputs: Inputs, stop: StopOptions) => logistic({ inputs, optimizer: sgd(0.1), stop }),
  linear: (inputs: Inputs, stop: StopOptions) => linear({ inputs, stop }),
  composed: (inputs: Inputs, stop: StopOptions) =>
    logistic({ inputs: compose(inputs, interactions()), optimizer: sgd(0.1), stop }),
  softmax: (inputs: Inputs, stop: StopOptions) => softmax({ inputs, optimizer: sgd(0.1), maxClasses: 3, stop }),
})) {
  describe(`a ${name} model that may stop`, () => {
    for (const [how, stop] of Object.entries({ 'by records': { after: 1e9 }, 'by anything': never })) {
      const subject = {
        name: how,
        spec: (inputs: Inputs): LearnerSpec => make(inputs, stop) as LearnerSpec,
        create: (spec: LearnerSpec) => createLearner(spec),
        ...(name === 'composed'
          ? { skip: { 'weights stay': 'products come between the numeric inputs and the slots' } }
          : {}),
      }
      for (const { title, run } of learnerChecks(subject)) it(title, run)
    }
  })
}

const inputs = {
  spec: {
    version: 1 as const,
    numeric: ['a', 'b', 'c'].map((name) => ({ name, nullable: true, max: 1e15 })),
    categorical: [],
  },
}

function learnerOf(stop: StopOptions): Learner {
  return createLearner(stopWhen(logistic({ inputs, optimizer: sgd(0.1) }), stop) as LearnerSpec)
}

/** Plays records; returns after how many the model had stopped, and its doubles. */
function played(learner: Learner, records: readonly LearnRecord[]): { stoppedAfter: number; row: Float64Array } {
  const row = new Float64Array(learner.size(SLOTS))
  learner.init(row, 0, SLOTS)
  let stoppedAfter = -1
  records.forEach(({ x, y, weight }, i) => {
    learner.learnOne(row, 0, x, y, weight)
    if (stoppedAfter < 0 && learner.stopped?.(row, 0)) stoppedAfter = i + 1
  })
  return { stoppedAfter, row }
}

describe('stopping', () => {
  const stream = streams.binary

  it('after N records: the model is the one after N, and later records are only tested', () => {
    const learner = learnerOf({ after: 300 })
    const { stoppedAfter, row } = played(learner, stream)
    expect(stoppedAfter).toBe(300)
    expect(learner.steps(row, 0)).toBe(300)
    expect(row).toEqual(played(learner, stream.slice(0, 300)).row)
    const [out, tested] = [new Float64Array(1), new Float64Array(1)]
    learner.predictOne(row, 0, stream[5].x, out)
    learner.testThenTrain(row, 0, stream[5].x, stream[5].y, 1, tested)
    expect(tested).toEqual(out)
    expect(() => learner.learnOne(row, 0, stream[5].x, 1, NaN)).toThrow(/ML_LABEL/)
  })

  it('by the loss: at the end of the first stretch whose mean is within the tolerance of the one before', () => {
    const over = 100
    const tolerance = 0.02
    const { stoppedAfter } = played(learnerOf({ loss: { tolerance, over } }), stream)
    // The means of all stretches, by a model that does not stop.
    const plain = createLearner(logistic({ inputs, optimizer: sgd(0.1) }) as LearnerSpec)
    const row = new Float64Array(plain.size(SLOTS))
    const out = new Float64Array(1)
    const means: number[] = []
    for (let first = 0; first < stream.length; first += over) {
      let [loss, weights] = [0, 0]
      for (const { x, y, weight } of stream.slice(first, first + over)) {
        plain.testThenTrain(row, 0, x, y, weight, out)
        loss -= weight * Math.log(y === 1 ? out[0] : 1 - out[0])
        weights += weight
      }
      means.push(loss / weights)
    }
    const flat = means.findIndex((mean, i) => i > 0 && Math.abs(mean - means[i - 1]) <= tolerance)
    expect(flat).toBeGreaterThan(0)
    expect(stoppedAfter).toBe((flat + 1) * over)
  })

  it('by the weights: when no one has moved by more than the tolerance in N records', () => {
    const random = randomNumbers(1)
    const settled = createLearner(
      linear({ inputs, optimizer: sgd(0.05), stop: { weights: { tolerance: 0.05, over: 50 } } }) as LearnerSpec,
    )
    const records = Array.from({ length: 2000 }, () => {
      const { x } = stream[Math.floor(random() * stream.length)]
      return { x, y: x.dense[0] + 2 * x.dense[1], weight: 1 }
    })
    const { stoppedAfter } = played(settled, records)
    expect(stoppedAfter % 50).toBe(0)
    expect(stoppedAfter).toBeGreaterThan(100)
    expect(stoppedAfter).toBeLessThan(2000)
    expect(played(learnerOf({ weights: { tolerance: 1e-9, over: 50 } }), stream).stoppedAfter).toBe(-1)
  })

  it('is part of the model: from its doubles it goes on to stop where it would have, and stays stopped', () => {
    for (const stop of [{ after: 700 }, { loss: { tolerance: 0.02, over: 100 } }, never]) {
      const learner = learnerOf(stop)
      const straight = played(learner, stream)
      const half = played(learner, stream.slice(0, 333)).row.slice()
      for (const { x, y, weight } of stream.slice(333)) learner.learnOne(half, 0, x, y, weight)
      expect(half).toEqual(straight.row)
    }
  })

  it('refuses conditions that are none', () => {
    for (const stop of [
      {},
      { after: 0 },
      { after: 1.5 },
      { loss: { tolerance: -1, over: 10 } },
      { loss: { tolerance: NaN, over: 10 } },
      { weights: { tolerance: 0.1, over: 0 } },
    ]) {
      expect(() => learnerOf(stop)).toThrow(/ML_RANGE: stop/)
    }
    const bare = { ...createLearner(logistic({ inputs }) as LearnerSpec), weights: undefined } as unknown as Learner
    const spec = stopWhen(logistic({ inputs }), { weights: { tolerance: 1, over: 1 } }) as LearnerSpec
    expect(() => createLearner(spec, {}, () => bare)).toThrow(/ML_PLAN: stop has a condition on the weights/)
  })
})
