/** Fault 26: a burst of poisoned labels after a long quiet time, which has made step sizes, or uncertainty, whatever they are then. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  adagrad,
  adam,
  arow,
  bayesLogistic,
  features,
  type Infer,
  importanceAware,
  type LearnerSpec,
  logistic,
  normalized,
  number,
  pipeline,
  record,
  sgd,
  string,
} from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { describe, expect, test } from 'vitest'
import type { ModelDescription } from '../../src/operators/describe.ts'
import { readCheckpoint } from '../../src/runtime/local/checkpoint-folder.ts'
import { nodeStorage } from '../../src/storage/node-storage.ts'
import { type FaultyOptions, runToEnd } from './faulty-run.ts'

const Row = record({ phase: string(), x: number(), y: number(), label: string() })
type RowOf = Infer<typeof Row>
const QUIET = 5000
const BURST = 40
const AFTER = 400

let state = 11
const next = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}
/** A line apart, with a margin, so that a healthy model is nearly always right. */
function point(): { x: number; y: number; up: boolean } {
  const [x, y] = [next() * 4 - 2, next() * 4 - 2]
  return Math.abs(x + y) < 0.4 ? point() : { x, y, up: x + y > 0 }
}
const row = (phase: string, { x, y, up }: ReturnType<typeof point>, by = 1) =>
  JSON.stringify({ phase, x: x * by, y: y * by, label: String(up) })

/** Quiet, then points a thousand times as far out with the wrong label, then quiet again. */
const quiet = Array.from({ length: QUIET }, () => row('quiet', point()))
const burst = Array.from({ length: BURST }, () => {
  const { x, y, up } = point()
  return row('burst', { x, y, up: !up }, 1000)
})
const after = Array.from({ length: AFTER }, () => row('after', point()))

const inputs = features(Row).numeric('x', 'y')
/** No record moves a weight by more than a hundredth. */
const clipStep = 0.01
const capped = {
  sgd: logistic({ inputs, optimizer: sgd(0.05), clipStep, standardise: false }),
  adagrad: logistic({ inputs, optimizer: adagrad(0.1), clipStep, standardise: false }),
  adam: logistic({ inputs, optimizer: adam(0.01), clipStep, standardise: false }),
}

/** Quiet inputs are within 2; what is far out is no input. */
const near = features(Row).numeric('x', 'y', { max: 10 })
const bounded = {
  sgd: logistic({ inputs: near, optimizer: sgd(0.05) }),
  normalized: logistic({ inputs: near, optimizer: normalized(0.5), standardise: false }),
  importanceAware: logistic({ inputs: near, optimizer: importanceAware(0.05) }),
  arow: arow({ inputs: near }),
  bayesLogistic: bayesLogistic({ inputs: near }),
}

interface Judged {
  readonly accuracy: number
  readonly rejected: number
  readonly state: string
}

async function judge(
  model: LearnerSpec<RowOf, 'binary'>,
  lines: readonly string[],
  options: FaultyOptions & { readonly upTo?: number } = {},
): Promise<Judged & { readonly base: string }> {
  const { upTo = Number.POSITIVE_INFINITY, ...rest } = options
  let right = 0
  const judged = pipeline(
    'burst',
    ({ from }) => {
      from('rows', jsonl('rows.jsonl', Row))
        .filter((r) => Math.abs(r.x) <= upTo && Math.abs(r.y) <= upTo)
        .learn('model', model, { label: (r) => r.label === 'true' })
        .map(({ input, prediction }) => {
          if (input.phase === 'after' && String(prediction.label) === input.label) right++
          return 0
        })
    },
    { rejected: memory() },
  )
  const files = { 'rows.jsonl': `${lines.join('\n')}\n` }
  const run = await runToEnd(judged, { files, checkpointRecords: 0, ...rest })
  const { rejected } = run.ledger('model')
  const { intercept, weights } = run.handle.describe().model as ModelDescription
  return { accuracy: right / AFTER, rejected, state: JSON.stringify({ intercept, weights }), base: run.base }
}

describe('fault 26: a poison burst after quiet accumulation', () => {
  test('wrecks a model without any bound: the burst of these tests is one', async () => {
    const plain = logistic({ inputs, optimizer: sgd(0.05), standardise: false })
    expect((await judge(plain, [...quiet, ...after])).accuracy).toBeGreaterThan(0.99)
    expect((await judge(plain, [...quiet, ...burst, ...after])).accuracy).toBeLessThan(0.8)
  })

  test.each(Object.keys(capped))(
    'costs %s nothing where one record may move a weight by so much and no more',
    async (name) => {
      const { accuracy, rejected } = await judge(capped[name as keyof typeof capped], [...quiet, ...burst, ...after])
      expect(rejected).toBe(0)
      expect(accuracy).toBeGreaterThan(0.99)
    },
  )

  test.each(Object.keys(bounded))(
    'is dead letters to %s whose inputs have a bound, and its weights keep every bit',
    async (name) => {
      const model = bounded[name as keyof typeof bounded]
      const clean = await judge(model, [...quiet, ...after])
      const dirty = await judge(model, [...quiet, ...burst, ...after])
      expect(dirty).toEqual({ ...clean, rejected: BURST, base: dirty.base })
      expect(clean.accuracy).toBeGreaterThan(0.99)
    },
  )

  test('that got in is taken back: a retained checkpoint from before it, and a filter', async () => {
    const plain = logistic({ inputs, optimizer: sgd(0.05), standardise: false })
    const clean = await judge(plain, [...quiet, ...after])
    const all = [...quiet, ...burst, ...after]
    const wrecked = await judge(plain, all, { checkpointRecords: 500, retain: 100 })
    expect(wrecked.accuracy).toBeLessThan(0.8)
    const kept = join(wrecked.base, '.millrace/burst')
    const before: string[] = []
    for (const name of readdirSync(kept).sort()) {
      if (!name.startsWith('chk-')) continue
      const { manifest } = await readCheckpoint(nodeStorage, join(kept, name))
      const { sources } = manifest.ledgers as { sources: { rows: { in: number } } }
      if (sources.rows.in <= QUIET) before.push(name)
    }
    expect(before).not.toEqual([])
    const last = join(kept, before.at(-1) as string)
    const again = { base: wrecked.base, from: last, state: join(wrecked.base, 'state-again') }
    const { accuracy, state } = await judge(plain, all, { ...again, upTo: 10 })
    expect({ accuracy, state }).toEqual({ accuracy: clean.accuracy, state: clean.state })
  })
})
