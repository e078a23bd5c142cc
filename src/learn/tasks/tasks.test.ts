import { describe, expect, it } from 'vitest'
import { ByteReader } from '../../bytes/reader.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { createTask } from './create-task.ts'
import type { ModelTask } from './model-task.ts'

function learned(task: ModelTask, labels: readonly unknown[]): Float64Array {
  const page = new Float64Array(task.header + 3).fill(5)
  task.init(page, 2)
  for (const label of labels) {
    const code = task.code(label, 'test')
    task.keep(code)
    task.count(page, 2, code, 2)
  }
  return page
}

describe('the tasks of models', () => {
  it('two classes: the prior follows the rule of succession, and only true, false, 1 and 0 are labels', () => {
    const task = createTask({ task: 'binary' })
    expect([task.typical(learned(task, []), 2), task.last(learned(task, []), 2)]).toEqual([0.5, Number.NaN])
    const page = learned(task, [true, 1, false])
    expect(task.typical(page, 2)).toBe(5 / 8)
    expect(task.baseline(0.25, task.last(page, 2))).toEqual({ prior: 0.25, last: false })
    expect(() => task.code('yes', 'test')).toThrow(/ML_LABEL.*true or false/)
    expect(task.prediction(Float64Array.of(0.7))).toEqual({ label: true, probability: 0.7 })
    expect(task.prediction(Float64Array.of(0.7, 0.5, 0.8))).toMatchObject({ interval: [0.5, 0.8] })
  })

  it('numbers: the mean is weighted, and what is astray is judged as far off as metrics count', () => {
    const task = createTask({ task: 'regression' })
    expect(task.baseline(task.typical(learned(task, []), 2), NaN)).toEqual({ mean: null, last: null })
    const page = learned(task, [1, 2, 6])
    expect(task.baseline(task.typical(page, 2), task.last(page, 2))).toEqual({ mean: 3, last: 6 })
    for (const label of ['1', null, undefined, NaN, Infinity, 1e16]) {
      expect(() => task.code(label, 'test')).toThrow(/ML_LABEL/)
    }
    expect(task.judged(Float64Array.of(1e200), NaN, NaN, 1, 1)).toMatchObject({ value: 1e79, low: null, high: null })
    expect(task.judged(Float64Array.of(2, 1, -1e300, 3), 1, 1, 1, 1)).toMatchObject({ low: -1e79, high: 3 })
  })

  it('several classes: the first of the commonest is the majority, and names outlast a snapshot', () => {
    const task = createTask({ task: 'multiclass', maxClasses: 3 })
    const page = learned(task, ['b', 'a', 'a', 'b', 7])
    expect(task.baseline(task.typical(page, 2), task.last(page, 2))).toEqual({ majority: 'b', last: '7' })
    expect(task.prediction(Float64Array.of(0.2, 0.5, 0.3))).toEqual({
      label: 'a',
      probability: 0.5,
      probabilities: { b: 0.2, a: 0.5, '7': 0.3 },
    })
    const judged = task.judged(Float64Array.of(0.2, 0.5, 0.3), 0, 1, 2, 1)
    expect(judged).toMatchObject({
      label: '7',
      predicted: 'a',
      probability: 0.3,
      confidence: 0.5,
      majority: 'b',
      last: 'a',
    })
    expect((judged as { brier: number }).brier).toBeCloseTo(0.04 + 0.25 + 0.49, 12)
    const writer = new ByteWriter()
    task.snapshot(writer)
    const restored = createTask({ task: 'multiclass', maxClasses: 3 })
    restored.restore(new ByteReader(writer.finish(), 'test'), 'test')
    expect(restored.classes).toEqual(['b', 'a', '7'])
    expect(() => restored.code('c', 'test')).toThrow(/3 classes already/)
    const declared = createTask({ task: 'multiclass', classes: ['x', 'y'] })
    expect(() => declared.code('z', 'test')).toThrow(/Declared are: x, y/)
    expect(() => declared.restore(new ByteReader(bytesOf(task), 'test'), 'test')).toThrow(/ML_CORRUPT|ML_OTHER_PLAN/)
  })

  it('refuses a number of classes that no metric can tell apart', () => {
    for (const maxClasses of [0, 1, 2.5, 1001]) {
      expect(() => createTask({ task: 'multiclass', maxClasses })).toThrow(/ML_RANGE: a model tells 2 to 1000 classes/)
    }
  })
})

function bytesOf(task: ModelTask): Uint8Array {
  const writer = new ByteWriter()
  task.snapshot(writer)
  return writer.finish()
}
