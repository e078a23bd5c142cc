/**
 * Poison of each kind, one line in a hundred, in a real stream: every learner stays finite and as good as without.
 *
 * Poisoned copies are put beside the real lines. Those that are rejected leave every model byte for byte as it was; a
 * missing value that the schema allows is learned from, and takes the place of the real line.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { features, number, type Pipeline, pipeline, record, string } from 'millrace'
import { csv, jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWithData, readSharedText } from '../shared-data.ts'
import { type Finished, runToEnd } from './faulty-run.ts'
import { expectFiniteModels, learnerNames, learnersOf } from './learners.ts'

const measures = ['date', 'day', 'period', 'nswprice', 'nswdemand', 'vicprice', 'vicdemand', 'transfer'] as const
const Row = record({
  date: number(),
  day: number(),
  period: number(),
  nswprice: number(),
  nswdemand: number().nullable(),
  vicprice: number(),
  vicdemand: number(),
  transfer: number(),
  class: string(),
})

type Format = 'csv' | 'jsonl'

function declared(format: Format): Pipeline {
  return pipeline(
    'electricity',
    ({ from }) => {
      const rows = from('rows', format === 'csv' ? csv('rows', Row) : jsonl('rows', Row))
      const inputs = features(Row).numeric(...measures)
      for (const { name, model } of learnersOf(inputs)) rows.learn(name, model, { label: (r) => r.class === 'UP' })
    },
    { rejected: memory() },
  )
}

interface Kind {
  readonly name: string
  /** Its text. */
  readonly csv: string
  readonly jsonl: string
  /** Where it is put: one of its own, by which its dead letters are told. */
  readonly field: (typeof measures)[number]
  /** Letters of one poisoned line: one at the source, or one of each model. */
  readonly letters: number
}

const models = learnerNames.length
const kinds: readonly Kind[] = [
  { name: 'NaN', csv: 'NaN', jsonl: '"NaN"', field: 'vicprice', letters: 1 },
  { name: 'Infinity', csv: 'Infinity', jsonl: '1e999', field: 'nswprice', letters: 1 },
  { name: '-Infinity', csv: '-Infinity', jsonl: '-1e999', field: 'transfer', letters: 1 },
  { name: '1e308', csv: '1e308', jsonl: '1e308', field: 'vicdemand', letters: models },
  { name: '1e20', csv: '-1e20', jsonl: '1e20', field: 'period', letters: models },
  { name: 'a missing value', csv: '', jsonl: 'null', field: 'day', letters: 1 },
]

interface Line {
  readonly cells: string[]
}

/** The text of a file; each kind has one line in a hundred of its own, with a poisoned copy after it, or in its place. */
function fileOf(
  format: Format,
  lines: readonly Line[],
  header: readonly string[],
  poison: readonly Kind[] = [],
  replace = false,
): string {
  const textOf = (cells: readonly string[]) =>
    format === 'csv'
      ? cells.join(',')
      : `{${header.map((name, i) => `"${name}":${name === 'class' ? `"${cells[i]}"` : cells[i]}`).join(',')}}`
  const texts = lines.flatMap(({ cells }, i) => {
    const text = textOf(cells)
    const kind = i % 10 === 5 ? poison[Math.floor((i % 100) / 10)] : undefined
    if (kind === undefined) return [text]
    const place = header.indexOf(kind.field)
    const bad = textOf(cells.map((cell, at) => (at === place ? kind[format] : cell)))
    return replace ? [bad] : [text, bad]
  })
  return `${format === 'csv' ? `${header.join(',')}\n` : ''}${texts.join('\n')}\n`
}

/** Lines of one hundred each, the last hundred cut short. */
function poisonedLines(lines: number, kind: number): number {
  return Math.floor((lines + 94 - 10 * kind) / 100)
}

function accuracies({ handle }: Finished): Record<string, number> {
  return Object.fromEntries(
    handle
      .quality()
      .map(({ model, report }) => [model, (report.task === 'binary' ? report.overall.accuracy : null) ?? Number.NaN]),
  )
}

describeWithData('poison in one line of a hundred of electricity', ['electricity.csv.gz'], () => {
  let header: string[]
  let lines: Line[]
  const clean = {} as Record<Format, Finished>
  const states = {} as Record<Format, Map<number, string>[]>
  const options = { checkpointRecords: 20_000 }
  const bases: string[] = []

  beforeAll(async () => {
    const [first, ...rest] = readSharedText('electricity.csv.gz').trimEnd().split('\n')
    header = first.split(',')
    lines = rest.map((text) => ({ cells: text.split(',') }))
    for (const format of ['csv', 'jsonl'] as const) {
      const base = mkdtempSync(join(tmpdir(), 'millrace-poison-'))
      bases.push(base)
      const files = { rows: fileOf(format, lines, header) }
      clean[format] = await runToEnd(declared(format), { ...options, base, files })
      states[format] = await Promise.all(learnerNames.map((name) => clean[format].state(name)))
    }
    expect(states.csv).toEqual(states.jsonl)
  })

  afterAll(() => {
    for (const base of bases) rmSync(base, { recursive: true, force: true })
  })

  for (const format of ['csv', 'jsonl'] as const) {
    test(`faults 13 and 14: ${kinds.map(({ name }) => name).join(', ')} through ${format} change no byte of any learner`, async () => {
      const files = { rows: fileOf(format, lines, header, kinds) }
      const dirty = await runToEnd(declared(format), { ...options, files })
      let atSource = 0
      let atModel = 0
      for (const [i, { name, letters, field }] of kinds.entries()) {
        const poisoned = poisonedLines(lines.length, i)
        const own = dirty.letters.filter(({ reason }) => reason.includes(`"${field}"`))
        expect([name, own.length]).toEqual([name, poisoned * letters])
        if (letters === 1) atSource += poisoned
        else atModel += poisoned
      }
      expect(dirty.ledger('rows')).toMatchObject({ in: lines.length + atSource + atModel, rejected: atSource })
      for (const [i, name] of learnerNames.entries()) {
        expect(dirty.ledger(name)).toMatchObject({ processed: lines.length, rejected: atModel })
        expect([name, await dirty.state(name)]).toEqual([name, states[format][i]])
      }
      expect(accuracies(dirty)).toEqual(accuracies(clean[format]))
      await expectFiniteModels(dirty.report.checkpoint)
    })

    test(`fault 13: a missing value that the schema allows, through ${format}, leaves every learner finite and as good`, async () => {
      const missing: Kind = { name: 'missing', csv: '', jsonl: 'null', field: 'nswdemand', letters: 0 }
      const files = { rows: fileOf(format, lines, header, [missing], true) }
      const dirty = await runToEnd(declared(format), { ...options, files })
      expect(dirty.letters).toEqual([])
      const [before, after] = [accuracies(clean[format]), accuracies(dirty)]
      for (const name of learnerNames) {
        expect(dirty.ledger(name).processed).toBe(lines.length)
        expect(Math.abs(after[name] - before[name])).toBeLessThan(0.005)
      }
      await expectFiniteModels(dirty.report.checkpoint)
    })
  }
})
