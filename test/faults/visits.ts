/** Visits to a shop: the records of the fault tests, made by arithmetic alone, and a model that learns from them. */
import {
  adagrad,
  boolean,
  features,
  integer,
  logistic,
  number,
  type Pipeline,
  pipeline,
  record,
  string,
  time,
} from 'millrace'
import { csv, jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { expect } from 'vitest'
import type { Rejected } from '../../src/operators/operator.ts'
import { type Finished, runToEnd } from './faulty-run.ts'

export const Visit = record({
  id: string(),
  city: string(),
  amount: number(),
  pages: integer(),
  bought: boolean(),
  at: time({ unit: 'ms' }),
})

export interface VisitRow {
  readonly id: string
  readonly city: string
  readonly amount: number
  readonly pages: number
  readonly bought: boolean
  readonly at: number
}

const START = 1_700_000_000_000
const CITIES = ['Rome', 'Oslo', 'Bern', 'Cork']

/** A visit each second. */
export function visits(count: number): VisitRow[] {
  let state = 7
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return Array.from({ length: count }, (_unused, i) => {
    const amount = Math.round(next() * 2000) / 100 - 5
    const pages = Math.floor(next() * 12)
    const city = CITIES[Math.floor(next() * CITIES.length)]
    const bought = amount / 10 + pages / 12 + (city === 'Oslo' ? 0.5 : 0) + next() > 1.6
    return { id: `v${i}`, city, amount, pages, bought, at: START + i * 1000 }
  })
}

export const inputs = features(Visit).numeric('amount', 'pages').categorical('city')

export type Format = 'csv' | 'jsonl'

const HEADER = 'id,city,amount,pages,bought,at\n'

/** A line of a file of this format, without its end. */
export function lineOf(format: Format, { id, city, amount, pages, bought, at }: VisitRow): string {
  return format === 'csv'
    ? [id, city, amount, pages, bought, at].join(',')
    : JSON.stringify({ id, city, amount, pages, bought, at })
}

/** Reads the file `visits`; the model `buys` tests and learns each; what is rejected anywhere goes to `rejected`. */
export function learning(format: Format, options: { readonly [option: string]: number } = {}): Pipeline {
  return pipeline(
    'learning',
    ({ from }) => {
      const source = format === 'csv' ? csv('visits', Visit, options) : jsonl('visits', Visit, options)
      const learned = from('visits', source, { eventTime: (v) => v.at }).learn(
        'buys',
        logistic({ inputs, optimizer: adagrad(0.3) }),
        { label: (v) => v.bought },
      )
      learned.to('learned', memory())
    },
    { rejected: memory() },
  )
}

/** A line that is no visit, put before the `before`-th good line. */
export interface Poison {
  readonly before: number
  readonly line: string | Uint8Array
  /** Expected of its dead letter. */
  readonly code: string
  readonly reason?: RegExp
  /** Who rejects it; the source by default. */
  readonly at?: string
}

interface Poisoned {
  readonly bytes: Buffer
  /** Offset of each poisoned line. */
  readonly positions: readonly number[]
}

/** The file with poisoned lines in it. */
export function poisoned(format: Format, good: readonly VisitRow[], poisons: readonly Poison[]): Poisoned {
  const pieces: Uint8Array[] = []
  const positions: number[] = []
  let length = 0
  const add = (piece: string | Uint8Array) => {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
    pieces.push(bytes)
    length += bytes.length
  }
  if (format === 'csv') add(HEADER)
  for (let i = 0; i <= good.length; i++) {
    for (const { before, line } of poisons) {
      if (before !== i) continue
      positions.push(length)
      add(line)
      add('\n')
    }
    if (i < good.length) add(`${lineOf(format, good[i])}\n`)
  }
  return { bytes: Buffer.concat(pieces), positions }
}

/**
 * Runs good visits with and without the poison: each poisoned line is a dead letter with source, offset and reason, the
 * ledgers balance, and the model, its outputs and its bytes are those of the clean run.
 */
export async function expectDeadLetters(
  format: Format,
  poisons: readonly Poison[],
  options: { readonly [option: string]: number } = {},
): Promise<{ clean: Finished; dirty: Finished }> {
  const good = visits(300)
  const declared = learning(format, options)
  const clean = await runToEnd(declared, { files: { visits: poisoned(format, good, []).bytes } })
  const { bytes, positions } = poisoned(format, good, poisons)
  const dirty = await runToEnd(declared, { files: { visits: bytes } })
  expect(clean.letters).toEqual([])
  const inOrder = [...poisons].sort((a, b) => a.before - b.before)
  expect(lettersOf(dirty.letters)).toEqual(
    inOrder.map(({ code, at = 'visits' }, i) => ({
      at,
      code,
      source: 'visits',
      split: 'visits',
      position: positions[i],
    })),
  )
  dirty.letters.forEach(({ reason }, i) => {
    expect(reason).toMatch(inOrder[i].reason ?? /./)
  })
  const atSource = poisons.filter(({ at = 'visits' }) => at === 'visits').length
  expectBalance(dirty, good.length + poisons.length, atSource, poisons.length - atSource)
  expect(dirty.rows('learned')).toEqual(clean.rows('learned'))
  expect(await dirty.state('buys')).toEqual(await clean.state('buys'))
  return { clean, dirty }
}

export function lettersOf(letters: readonly Rejected[]): Omit<Rejected, 'reason' | 'value'>[] {
  return letters.map(({ at, code, source, split, position }) => ({ at, code, source, split, position }))
}

function expectBalance(run: Finished, pieces: number, atSource: number, atModel: number): void {
  expect(run.ledger('visits')).toEqual({ in: pieces, processed: pieces - atSource, rejected: atSource, late: 0 })
  const reached = pieces - atSource
  expect(run.ledger('buys')).toMatchObject({ in: reached, processed: reached - atModel, rejected: atModel })
  expect(run.ledger('rejected').processed).toBe(atSource + atModel)
}
