// Rows that a stage reads where they lie give what the same records give: outputs, counts and state to the byte, whatever
// the functions of the pipeline do with what they are given.
import { features, logistic, pipeline, sgd } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { describe, expect, test, vi } from 'vitest'
import { LinearLearner } from '../src/learn/linear/linear-learner.ts'
import { KernelMemory } from '../src/numeric/kernel-memory.ts'
import { edgeDecoder, edgeEncoder } from '../src/stage/frame.ts'
import { FrameReader } from '../src/stage/frame-reader.ts'
import type { FrameRows } from '../src/stage/frame-rows.ts'
import { FrameWriter } from '../src/stage/frame-writer.ts'
import type { Program } from '../src/stream/program.ts'
import { StageTrial, stateText, type TrialState } from '../src/testing/stage-trial.ts'
import { ROOT_PATH } from '../src/time/identity.ts'
import { Click, type ClickRow, clicks } from './pipelines/clicks.ts'

interface Functions {
  readonly key?: (click: ClickRow) => string
  readonly label?: (click: ClickRow) => boolean
  readonly weight?: (click: ClickRow) => number
  readonly maxKeys?: number
  /** Nobody wants to be told of each record: they are learned by the block. */
  readonly quiet?: boolean
  /** Inputs are numbers side by side: quiet, a kernel learns them. */
  readonly plain?: boolean
}

/** Two models behind one another's keys, of numbers and of a hashed text. */
function programOf({
  key = (c) => c.user,
  label = (c) => c.clicked,
  weight,
  maxKeys,
  quiet,
  plain,
}: Functions): Program {
  return pipeline(
    'rows',
    ({ from }) => {
      const numbers = features(Click).numeric('amount', 'hour')
      const inputs = plain
        ? numbers
        : numbers.hourOfDay('at', { utcOffset: '+00:00' }).categorical('page', { hashBits: 4 })
      const learned = from('clicks', memory([], Click), { eventTime: (c) => c.at })
        .keyBy(key)
        .learn('model', logistic({ inputs, optimizer: sgd(0.05), standardise: false }), { label, weight, maxKeys })
      if (!quiet) learned.outcomes.to('outcomes', jsonl('out/outcomes'))
      if (!quiet) learned.models.to('models', jsonl('out/models'))
      learned.metrics.to('metrics', jsonl('out/metrics'))
      learned.rejected.to('letters', jsonl('out/letters'))
    },
    { order: 'arrival' },
  ).program({})
}

/** A stage that is given frames of twenty rows, or of more than it takes at once. */
class RowTrial {
  readonly trial: StageTrial
  readonly rows: FrameRows
  readonly #writer: FrameWriter
  readonly #reader: FrameReader

  readonly #memory: KernelMemory | undefined

  constructor(program: Program, memory?: KernelMemory) {
    const schema = program.schema('clicks')
    this.#memory = memory
    this.trial = new StageTrial(program, 'model', undefined, memory)
    this.rows = this.trial.stage.rowsOf(0, schema as never) as FrameRows
    expect(this.rows).toBeDefined()
    this.#writer = new FrameWriter(edgeEncoder(schema), program.functions().get('model/key0') as never, 128)
    this.#reader = new FrameReader(edgeDecoder(schema), 'test')
  }

  feed(rows: readonly ClickRow[], from: number, frameRows = 20): void {
    const { stage } = this.trial
    rows.forEach((value, i) => {
      this.#writer.add({
        time: value.at,
        origin: 'trial',
        split: '0',
        position: from + i,
        path: ROOT_PATH,
        value,
      })
      if (i % frameRows < frameRows - 1 && i < rows.length - 1) return
      const frame = this.#placed(this.#writer.take() as Uint8Array)
      if (this.rows.row.refused) this.#reader.read(frame, (envelope) => stage.push(0, envelope))
      else this.#reader.readRows(frame, this.rows, () => stage.pushRows(0, this.rows))
    })
  }

  /** The frame, in the memory of kernels where there is one. */
  #placed(frame: Uint8Array): Uint8Array {
    const place = this.#memory?.window.subarray(8, 8 + frame.length)
    place?.set(frame)
    return place ?? frame
  }
}

/** Gives a stage records, and another one the same as rows, with a mark in between; true when rows were refused. */
function compare(
  functions: Functions | (() => Functions),
  rows: readonly ClickRow[] = clicks(600, 5),
  memory?: KernelMemory,
): boolean {
  const made = typeof functions === 'function' ? functions : () => functions
  const records = new StageTrial(programOf(made()), 'model')
  const inPlace = new RowTrial(programOf(made()), memory)
  const marks: (() => TrialState)[][] = []
  for (const [from, to] of [
    [0, 250],
    [250, 600],
  ]) {
    rows.slice(from, to).forEach((value, i) => {
      const identity = { time: value.at, origin: 'trial', split: '0', position: from + i, path: ROOT_PATH }
      records.stage.push(0, { ...identity, value: { ...value } })
    })
    inPlace.feed(rows.slice(from, to), from, from === 0 ? 20 : 150)
    marks.push([inPlace.trial.mark(), records.mark()])
  }
  // The first is written while the stage has gone on.
  for (const [mark, expected] of marks) expect(stateText(mark())).toBe(stateText(expected()))
  records.finish()
  inPlace.trial.finish()
  expect(inPlace.trial.ledgers()).toEqual(records.ledgers())
  expect(byOutlet(inPlace.trial.outputs)).toEqual(byOutlet(records.outputs))
  expect(records.ledgers().model.learned).toBeGreaterThan(100)
  return inPlace.rows.row.refused
}

/** What went out by each outlet, in its order. */
function byOutlet(outputs: readonly string[]): { readonly [outlet: string]: readonly string[] } {
  const found: { [outlet: string]: string[] } = {}
  for (const output of outputs) {
    const outlet = output.slice(0, output.indexOf(' '))
    found[outlet] = [...(found[outlet] ?? []), output]
  }
  return found
}

describe('rows in place', () => {
  test('give what records give, where keys come again and again', () => {
    expect(compare({})).toBe(false)
    expect(compare({ key: (c) => c.page, weight: (c) => 1 + c.hour })).toBe(false)
    expect(compare({ key: (c) => `${c.page} ${c.clicked}` })).toBe(false)
  })

  test('give that where kernels find their keys and learn from them', () => {
    const learned = vi.spyOn(LinearLearner.prototype, 'testThenTrainRows')
    const hard = clicks(600, 6).map((click, i) => (i % 7 === 0 ? { ...click, amount: 1e300 } : click))
    for (const rows of [clicks(600, 5), hard]) {
      for (const functions of [
        {},
        { key: (c: ClickRow) => c.page, weight: (c: ClickRow) => c.hour - 3 },
        { key: (c: ClickRow) => `${c.page} ${c.clicked}` },
        { maxKeys: 6 },
        {
          label: (c: ClickRow) => {
            if (c.page === 'pay') throw new Error('no')
            return c.clicked
          },
        },
      ]) {
        const memory = () => KernelMemory.make(1 << 16)
        learned.mockClear()
        expect(compare({ ...functions, plain: true, quiet: true }, rows, memory())).toBe(false)
        expect(learned).not.toHaveBeenCalled()
        expect(compare({ ...functions, plain: true, quiet: true }, rows)).toBe(false)
        expect(learned).toHaveBeenCalled()
        learned.mockClear()
        expect(compare({ ...functions, quiet: true }, rows, memory())).toBe(false)
        expect(learned).toHaveBeenCalled()
        expect(compare(functions, rows, memory())).toBe(false)
      }
    }
  })

  test('are rejected as records are: for what functions throw or return, and for inputs', () => {
    const hard = clicks(600, 6).map((click, i) => (i % 7 === 0 ? { ...click, amount: 1e300 } : click))
    expect(compare({}, hard)).toBe(false)
    expect(compare({ label: (c) => (c.hour === 3 ? (undefined as never) : c.clicked) })).toBe(false)
    expect(compare({ weight: (c) => c.hour - 3 })).toBe(false)
    const fail = (): never => {
      throw new Error('no')
    }
    expect(compare({ key: (c) => (c.page === 'pay' ? fail() : c.user) })).toBe(false)
    expect(compare({ label: (c) => (c.page === 'pay' ? fail() : c.clicked) })).toBe(false)
  })

  test('are rejected as records are where there is room for no more models', () => {
    expect(compare({ maxKeys: 6 })).toBe(false)
    expect(compare({ maxKeys: 1, key: (c) => (c.hour < 20 ? 'most' : c.user) })).toBe(false)
  })

  test('come as records to a function that changes what it is given', () => {
    const changes = (c: ClickRow): boolean => {
      ;(c as { amount: number }).amount = 1
      return c.clicked
    }
    expect(compare({ label: changes })).toBe(true)
    expect(
      compare({
        key: (c) => {
          ;(c as { page: string }).page = 'pay'
          return c.user
        },
      }),
    ).toBe(true)
    expect(compare({ label: (c) => Object.assign(c, { more: 1 }).clicked })).toBe(false)
  })

  test('come as records to a function that keeps what it was given, once it has been told', () => {
    const program = programOf({ label: keeping() })
    const inPlace = new RowTrial(program)
    inPlace.feed(clicks(100, 5), 0)
    expect(inPlace.rows.row.refused).toBe(true)
    expect(inPlace.trial.ledgers().model).toMatchObject({ in: 100, processed: 99, rejected: 1 })
    const outputs = inPlace.trial.outputs.map((output) => Buffer.from(output.split(' ')[1], 'hex').toString())
    expect(outputs.join()).toContain('a function reads a record that it was given in an earlier call')
  })
})

/** A label by this record and the one before. */
function keeping(): (click: ClickRow) => boolean {
  let before: ClickRow | undefined
  return (click) => {
    const last = before
    before = click
    return (last?.amount ?? 0) > click.amount
  }
}
