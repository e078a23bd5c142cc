import { describe, expect, it } from 'vitest'
import { MulticlassTask } from '../learn/tasks/multiclass-task.ts'
import { ByteIndex } from './byte-index.ts'
import { ColumnGuess } from './column-guess.ts'
import { Curve } from './curve.ts'
import { modelsOf } from './model-catalogue.ts'
import { planTable } from './plan-table.ts'
import { Settings } from './settings.ts'
import { TableSample } from './table-sample.ts'
import { TimeMarks } from './time-marks.ts'

const encode = (text: string) => new TextEncoder().encode(text)

function sampleOf(csv: string, label = 'y'): readonly ColumnGuess[] {
  const sample = new TableSample(label)
  sample.push(encode(csv))
  sample.end()
  return sample.columns
}

describe('the plan of an evaluation', () => {
  const csv = 'n,t,d,y\n1,a,3,no\n2.5,b,4,yes\n,a,3,no\n'

  it('takes texts for categories, numbers for numbers, and the later of two labels for true', () => {
    expect(planTable(sampleOf(csv), { label: 'y' })).toEqual({
      numeric: ['n', 'd'],
      categorical: ['t'],
      text: [],
      label: 'y',
      task: 'binary',
      positive: 'yes',
      negative: 'no',
      leftOut: [],
      time: null,
    })
  })

  it('does what is asked for', () => {
    const plan = planTable(sampleOf(csv), { label: 'y', positive: 'no', categorical: ['d'], drop: ['n'], time: 't' })
    expect(plan).toMatchObject({ numeric: [], categorical: ['d'], positive: 'no', negative: 'yes', time: 't' })
  })

  it('tells the tasks by the label', () => {
    const of = (labels: readonly (string | number)[]) =>
      planTable(sampleOf(`x,y\n${labels.map((label) => `1,${label}`).join('\n')}`), { label: 'y' }).task
    expect(of(['a', 'b', 'c'])).toBe('multiclass')
    expect(of([1, 2, 3])).toBe('multiclass')
    expect(of([1.5, 2, 3])).toBe('regression')
    expect(of(Array.from({ length: 30 }, (_, i) => i))).toBe('regression')
    expect(of([0, 1])).toBe('binary')
  })

  it('leaves out a column in which each record has a text of its own', () => {
    const rows = Array.from({ length: 600 }, (_, i) => `id${i},${i % 7},${i % 2}`).join('\n')
    expect(planTable(sampleOf(`id,x,y\n${rows}`), { label: 'y' })).toMatchObject({ leftOut: ['id'], categorical: [] })
    const asked = planTable(sampleOf(`id,x,y\n${rows}`), { label: 'y', categorical: ['id'] })
    expect(asked).toMatchObject({ leftOut: [], categorical: ['id'] })
  })

  it('takes the words of sentences, and leaves them out or whole when asked to', () => {
    const csv = `said,y\n${Array.from({ length: 40 }, (_, i) => `the train ${i} was late,${i % 2}`).join('\n')}`
    expect(planTable(sampleOf(csv), { label: 'y' })).toMatchObject({ text: ['said'], categorical: [] })
    const whole = planTable(sampleOf(csv), { label: 'y', categorical: ['said'] })
    expect(whole).toMatchObject({ text: [], categorical: ['said'] })
    const short = sampleOf('said,y\nyes,1\nno,0\nyes,0\n')
    expect(planTable(short, { label: 'y', text: ['said'] })).toMatchObject({ text: ['said'], categorical: [] })
  })

  it('refuses names that are not there and labels that do not fit, and says what there is', () => {
    const columns = sampleOf(csv)
    expect(() => planTable(columns, { label: 'yy' })).toThrow(/ML_PARAM.*"yy" at --label. Did you mean "y"/)
    expect(() => planTable(columns, { label: 'y', drop: ['q'] })).toThrow(/got "q" at --drop.*Columns: n, t, d, y/)
    expect(() => planTable(columns, { label: 'y', positive: 'maybe' })).toThrow(/never this value.*It is no, yes/)
    expect(() => planTable(columns, { label: 'y', task: 'regression' })).toThrow(/holds texts/)
    expect(() => planTable(columns, { label: 't', task: 'regression', positive: 'a' })).toThrow(
      /the task is regression/,
    )
    expect(() => planTable(sampleOf(csv, 'n'), { label: 'n', task: 'binary', drop: [] })).not.toThrow()
    expect(() => planTable(sampleOf('x,y\n1,a\n'), { label: 'y', task: 'binary' })).toThrow(/one value.*not two/)
    expect(() => planTable(columns, { label: 'y', drop: ['n', 't', 'd'] })).toThrow(/no column is left/)
  })
})

describe('models by name', () => {
  const wanted = {
    inputs: { spec: { version: 1, numeric: [], categorical: [] } },
    task: 'binary',
    maxClasses: 4,
  } as const

  it('take settings for all and of their own', () => {
    const [{ spec }] = modelsOf(['logistic'], wanted, new Settings(['learningRate=0.5', 'logistic.learningRate=0.25']))
    expect(spec).toMatchObject({ kind: 'logistic', optimizer: { kind: 'sgd', rate: 0.25 } })
  })

  it('by margin are there for every task they have, one for each class where there are several', () => {
    const names = ['passive-aggressive', 'perceptron', 'alma', 'arow']
    const settings = () => new Settings(['aggressiveness=0.01', 'variant=II', 'r=2', 'alpha=0.5', 'standardise=false'])
    const kinds = (task: 'binary' | 'multiclass') =>
      modelsOf(names, { ...wanted, task }, settings()).map(
        ({ spec }) => spec as { kind: string; learner?: { kind: string } },
      )
    expect(kinds('binary').map(({ kind }) => kind)).toEqual(['passiveAggressive', 'perceptron', 'alma', 'arow'])
    expect(kinds('binary')[0]).toMatchObject({ variant: 'II', aggressiveness: 0.01, standardise: false })
    expect(kinds('multiclass').map(({ kind, learner }) => [kind, learner?.kind])).toEqual(
      ['passiveAggressive', 'perceptron', 'alma', 'arow'].map((kind) => ['oneVsRest', kind]),
    )
    const [{ spec }] = modelsOf(['passive-aggressive'], { ...wanted, task: 'regression' }, new Settings(['epsilon=2']))
    expect(spec).toMatchObject({ kind: 'passiveAggressiveRegression', epsilon: 2 })
  })

  it('refuse what no model knows', () => {
    expect(() => modelsOf(['logistik'], wanted, new Settings([]))).toThrow(/Did you mean "logistic"/)
    expect(() => modelsOf([], wanted, new Settings(['learnRate=1']))).toThrow(/Did you mean "learningRate"/)
    expect(() => modelsOf(['logistic'], wanted, new Settings(['optimizer=sdg']))).toThrow(/Did you mean "sgd"/)
    expect(() => modelsOf(['logistic'], wanted, new Settings(['l2=much']))).toThrow(/l2 must be a number; got "much"/)
    expect(() => modelsOf(['logistic'], { ...wanted, task: 'regression' }, new Settings([]))).toThrow(/for binary/)
    expect(() => new Settings(['l2'])).toThrow(/name=value/)
  })
})

describe('what an evaluation keeps', () => {
  it('a curve holds at most 256 points, whose means are those of the values', () => {
    const curve = new Curve()
    const values = Array.from({ length: 10_000 }, (_, i) => Math.sin(i / 500))
    for (const value of values) curve.add(value)
    const points = curve.points()
    expect(points.length).toBeLessThanOrEqual(256)
    let before = 0
    for (const { records, mean } of points) {
      const part = values.slice(before, records)
      expect(mean).toBeCloseTo(part.reduce((sum, value) => sum + value, 0) / part.length, 12)
      before = records
    }
    expect(before).toBeGreaterThan(9_900)
  })

  it('time marks stay few, in order, and begin at the beginning', () => {
    const times = new TimeMarks()
    for (let i = 0; i < 5000; i++) times.add(i, `t${i}`)
    expect(times.marks.length).toBeLessThan(64)
    expect(times.marks.length).toBeGreaterThan(16)
    expect(times.marks[0].time).toBe('t0')
    expect([...times.marks].sort((a, b) => a.records - b.records)).toEqual(times.marks)
  })

  it('an index of bytes finds each of 5,000 texts again', () => {
    const index = new ByteIndex()
    for (let i = 0; i < 5000; i++) {
      const bytes = encode(`text ${i} ${'x'.repeat(i % 40)}`)
      expect(index.get(bytes, 0, bytes.length)).toBe(-1)
      index.add(bytes, 0, bytes.length, i)
    }
    for (let i = 0; i < 5000; i++) {
      const bytes = encode(`__text ${i} ${'x'.repeat(i % 40)}_`)
      expect(index.get(bytes, 2, bytes.length - 1)).toBe(i)
    }
  })

  it('classes are numbered when they are kept, and no more than there is room for', () => {
    const task = new MulticlassTask({ maxClasses: 2 })
    expect(task.code('a', 'test')).toBe(0)
    expect(task.classes).toEqual([])
    task.keep(task.code('a', 'test'))
    task.keep(task.code('b', 'test'))
    expect(task.code('a', 'test')).toBe(0)
    expect(() => task.code('c', 'test')).toThrow(/Raise maxClasses/)
  })

  it('a guess of a column says what its texts are', () => {
    const column = new ColumnGuess('x')
    for (const value of [1, 2, 3]) column.addNumber(value)
    expect(column).toMatchObject({ numeric: true, whole: true, filled: 3 })
    column.addText()
    expect(column.numeric).toBe(false)
    for (let i = 0; i < 200; i++) column.addNumber(0.5)
    expect(column).toMatchObject({ numeric: true, whole: false, filled: 204 })
  })
})
