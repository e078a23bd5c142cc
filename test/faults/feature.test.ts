/** Section "Feature" of the fault list, through whole pipelines: a value that is no input is a dead letter, odd ones keep every bit. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { features, integer, logistic, number, type Pipeline, pipeline, record, sgd, string } from 'millrace'
import { csv, jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { describe, expect, test } from 'vitest'
import { runEmbedded } from '../../src/testing/embedded-run.ts'
import { joined, type RunResult } from '../../src/testing/run-result.ts'
import { runInVm } from '../../src/testing/vm-engine.ts'
import { folder, runToEnd } from './faulty-run.ts'
import { GeneratedSource, generated } from './generated-source.ts'
import { expectFiniteModels, learnersOf } from './learners.ts'
import { expectDeadLetters, learning, lettersOf, lineOf, visits } from './visits.ts'

const [good] = visits(1)

/**
 * A line of both formats, with `text` for the amount, of the time of the `before`-th visit, and with a city of its own:
 * a rejected record leaves no category behind.
 */
function withAmount(format: 'csv' | 'jsonl', text: string, before = 0): string {
  const at = good.at + Math.min(before, 299) * 1000
  return lineOf(format, { ...good, id: 'poison', city: 'Nowhere', amount: 77.125, at }).replace('77.125', text)
}

describe('a value that is no input', () => {
  test('fault 13: NaN and Infinity as text are dead letters of the source', async () => {
    const texts = ['NaN', 'Infinity', '-Infinity', 'nan', '+inf']
    await expectDeadLetters(
      'csv',
      texts.map((text, i) => ({ before: i * 60, line: withAmount('csv', text), code: 'ML_FIELD' })),
    )
    await expectDeadLetters('jsonl', [
      ...texts.map((text, i) => ({ before: i * 60, line: withAmount('jsonl', text), code: 'ML_MALFORMED' })),
      ...texts.map((text) => ({ before: 299, line: withAmount('jsonl', `"${text}"`), code: 'ML_FIELD' })),
      { before: 300, line: withAmount('jsonl', 'null'), code: 'ML_FIELD' },
    ])
  })

  test('fault 13: NaN and Infinity that a function makes are dead letters of the model, whose bytes do not change', async () => {
    const Row = record({ id: string(), x: number(), by: number(), up: integer() })
    const row = (i: number) => ({ id: `r${i}`, x: (i * 37) % 11, by: 1 + (i % 3), up: i % 2 })
    const bad = [
      { id: 'nan', x: 0, by: 0, up: 1 },
      { id: 'infinite', x: 1, by: 0, up: 1 },
      { id: 'negative', x: -1, by: 0, up: 0 },
    ]
    const made = (records: readonly object[]): Pipeline =>
      pipeline(
        'made',
        ({ from }) => {
          const inputs = features(Row).numeric('x').categorical('id')
          from('rows', memory(records as never[], Row))
            .map((r) => ({ ...r, x: r.x / r.by }))
            .learn('model', logistic({ inputs }), { label: (r) => r.up === 1 })
            .outcomes.to('outcomes', memory())
        },
        { rejected: memory() },
      )
    const rows = Array.from({ length: 200 }, (_unused, i) => row(i))
    const clean = await runToEnd(made(rows))
    const dirty = await runToEnd(made([...rows.slice(0, 50), bad[0], bad[1], ...rows.slice(50), bad[2]]))
    expect(dirty.letters.map(({ at, code, value }) => [at, code, (value as { id: string }).id])).toEqual(
      bad.map(({ id }) => ['model', 'ML_FEATURE', id]),
    )
    expect(await dirty.state('model')).toEqual(await clean.state('model'))
    expect(dirty.ledger('model')).toMatchObject({ in: 203, processed: 200, rejected: 3 })
  })

  test('fault 14: 1e308, 1e20 and just above 1e15 in a feature are rejected and the bytes of the model are unchanged', async () => {
    for (const format of ['csv', 'jsonl'] as const) {
      await expectDeadLetters(
        format,
        ['1e308', '-1e308', '1e20', '-1e20', '1000000000000001', '1.7976931348623157e308'].map((text, i) => ({
          before: i * 50,
          line: withAmount(format, text, i * 50),
          code: 'ML_FEATURE',
          reason: /amount/,
          at: 'buys',
        })),
      )
    }
  })

  test('fault 15: an empty text, blanks and 0x10 are no numbers: dead letters', async () => {
    const texts = ['', ' ', '0x10', '1_000', '1,5', '٣', '--1', '1e', '.', '1 2', 'true']
    await expectDeadLetters(
      'csv',
      texts
        .filter((text) => !text.includes(','))
        .map((text, i) => ({ before: i * 20, line: withAmount('csv', text), code: 'ML_FIELD', reason: /amount/ })),
    )
    await expectDeadLetters(
      'jsonl',
      texts.map((text, i) => ({ before: i * 20, line: withAmount('jsonl', `"${text}"`), code: 'ML_FIELD' })),
    )
  })

  test('fault 17: a whole number past 2^53 that a double would change is a dead letter; as a text it keeps every digit', async () => {
    for (const format of ['csv', 'jsonl'] as const) {
      const pages = (text: string) => lineOf(format, { ...good, pages: 77 }).replace('77', text)
      await expectDeadLetters(format, [
        { before: 4, line: pages('9007199254740993'), code: 'ML_FIELD', reason: /pages/ },
        { before: 5, line: withAmount(format, '9007199254740993'), code: 'ML_FIELD', reason: /amount/ },
        { before: 6, line: pages('-9007199254740993'), code: 'ML_FIELD' },
      ])
    }
    const Row = record({ id: string(), n: integer() })
    const ids = pipeline('ids', ({ from }) => {
      const rows = from('rows', csv('rows', Row))
      rows
        .keyBy((r) => r.id)
        .process<string>('by-id', { onRecord: (_r, { key, emit }) => emit(String(key)) })
        .to('keys', memory())
      rows.to('rows-out', memory())
    })
    const files = { rows: 'id,n\n9007199254740993,9007199254740991\n9007199254740992,-9007199254740991\n' }
    const { rows } = await runToEnd(ids, { files })
    expect(rows('keys')).toEqual(['9007199254740993', '9007199254740992'])
    expect(rows('rows-out')).toEqual([
      { id: '9007199254740993', n: 2 ** 53 - 1 },
      { id: '9007199254740992', n: 1 - 2 ** 53 },
    ])
  })
})

describe('odd values keep every bit', () => {
  const file = fileURLToPath(new URL('../pipelines/tiny-numbers.ts', import.meta.url))

  test('fault 16: -0 and 5e-324 keep their bits in process, in frames, in state, in JSON lines and in CSV', async () => {
    const straight = await runEmbedded(file)
    const text = (uid: string) => Buffer.from(joined(straight.sinks.get(uid) ?? [])).toString()
    const column = (uid: string, name: string) => {
      const [header, ...lines] = text(uid)
        .trimEnd()
        .split('\n')
        .map((line) => line.split(','))
      return lines.map((line) => Number(line[header.indexOf(name)]))
    }
    const cycle = [-0, 0, 5e-324, -5e-324, 2.2250738585072014e-308, 0.1, -0, 0, 0.30000000000000004]
    const expected = Array.from({ length: 90 }, (_unused, i) => cycle[i % 9])
    expect(column('as-csv', 'value')).toEqual(expected)
    expect(column('kept-out', 'value')).toEqual(expected)
    // As JSON.stringify does, a sink of JSON lines writes 0 for minus zero; all else comes back.
    const rows = text('as-json')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { value: number })
    expect(rows.map(({ value }) => value)).toEqual(expected.map((value) => (value === 0 ? 0 : value)))
    // Minus zero is the key of zero, and its state comes back with its sign.
    expect(column('kept-out', 'sign')).toEqual(expected.map((value) => (value < 0 ? -1 : 1)))
    expect(column('kept-out', 'before').some((before) => Object.is(before, -0))).toBe(true)
    const modelsOf = ({ snapshot }: RunResult) =>
      [...snapshot].filter(([place]) => /^(kept|model)\//.test(place)).sort(([a], [b]) => (a < b ? -1 : 1))
    expect(modelsOf(straight).length).toBeGreaterThan(5)
    const others = [
      await runEmbedded(file, { interruptions: 3, checkpointRecords: 20, seed: 5 }),
      await runInVm(file, { parallelism: [2, 1, 3], seed: 5 }),
    ]
    for (const other of others) {
      expect([...other.sinks].map(([uid, parts]) => [uid, Buffer.from(joined(parts)).toString()])).toEqual(
        [...straight.sinks].map(([uid, parts]) => [uid, Buffer.from(joined(parts)).toString()]),
      )
      expect(modelsOf(other)).toEqual(modelsOf(straight))
    }
  })

  test('fault 21: permuted JSON keys give identical bits', async () => {
    const rows = visits(400)
    const straight = rows.map((row) => JSON.stringify(row)).join('\n')
    const permuted = rows
      .map((row, i) => {
        const entries: [string, unknown][] = Object.entries(row)
        for (let from = entries.length - 1; from > 0; from--) {
          const to = (i * 7 + from * 13) % (from + 1)
          ;[entries[from], entries[to]] = [entries[to], entries[from]]
        }
        if (i % 5 === 0) entries.splice(i % 6, 0, ['10', i], ['2', i])
        // Joined by hand: an object would put the names that look like integers first.
        return `{${entries.map(([name, value]) => `"${name}":${JSON.stringify(value)}`).join(',')}}`
      })
      .join('\n')
    const one = await runToEnd(learning('jsonl'), { files: { visits: straight } })
    const other = await runToEnd(learning('jsonl'), { files: { visits: permuted } })
    expect(other.letters).toEqual([])
    expect(other.rows('learned')).toEqual(one.rows('learned'))
    expect(await other.state('buys')).toEqual(await one.state('buys'))
  })

  test('fault 21: names that look like integers give the bits of any other names, in every order', async () => {
    const weightsOf = async (names: readonly string[], order: readonly number[]) => {
      const schema = record(Object.fromEntries(names.map((name) => [name, number()])))
      const rows = Array.from({ length: 300 }, (_unused, i) => {
        const fields = names.map((name, f) => `"${name}":${((i * (f + 3)) % 17) / (f + 1) - 3}`)
        return `{${order.map((f) => fields[f]).join(',')}}`
      })
      const numbered = pipeline('numbered', ({ from }) => {
        const inputs = features(schema).numeric(...(names as never[]))
        from('rows', jsonl('rows', schema)).learn('model', logistic({ inputs, optimizer: sgd(0.1) }), {
          label: (r) => r[names[0]] > r[names[1]],
        })
      })
      const { handle } = await runToEnd(numbered, { files: { rows: rows.join('\n') } })
      const { model } = handle.describe()
      if (model.type !== 'model') throw new Error('no model')
      return [model.intercept, ...(model.weights ?? []).map(({ weight }) => weight)]
    }
    const plain = await weightsOf(['ten', 'two', 'minus', 'nought'], [0, 1, 2, 3])
    expect(plain).toHaveLength(5)
    for (const order of [
      [0, 1, 2, 3],
      [3, 1, 0, 2],
      [2, 3, 1, 0],
    ]) {
      expect(await weightsOf(['10', '2', '-1', '00'], order)).toEqual(plain)
    }
  })
})

describe('a schema and its input', () => {
  test('fault 18: a CSV column that vanished is refused with its name, before anything is written', async () => {
    const rows = visits(5).map((row) => lineOf('csv', row).split(',').slice(0, 5).join(','))
    const files = { visits: `id,city,amuont,pages,bought\n${rows.join('\n')}\n` }
    const base = folder()
    const refused = runToEnd(learning('csv'), { files, base })
    await expect(refused).rejects.toMatchObject({
      code: 'ML_SCHEMA',
      message: expect.stringMatching(/amount.*amuont|at/s),
    })
    await expect(refused).rejects.toMatchObject({ message: expect.not.stringMatching(/\n/) })
    expect(existsSync(join(base, 'out'))).toBe(false)
  })

  test('fault 18: a JSON property that vanished is a dead letter, one that appears is passed over', async () => {
    const rows = visits(3).map((row) => JSON.stringify(row))
    const { dirty } = await expectDeadLetters('jsonl', [
      { before: 7, line: rows[0].replace('"amount"', '"amuont"'), code: 'ML_FIELD', reason: /amount/ },
      { before: 8, line: rows[1].replace(/,"at":\d+/, ''), code: 'ML_FIELD', reason: /at/ },
    ])
    expect(lettersOf(dirty.letters)).toHaveLength(2)
    const more = visits(300).map((row, i) =>
      JSON.stringify(i % 2 ? { colour: 'red', ...row, tags: [1, { a: null }] } : row),
    )
    const clean = await runToEnd(learning('jsonl'), {
      files: {
        visits: visits(300)
          .map((row) => JSON.stringify(row))
          .join('\n'),
      },
    })
    const grown = await runToEnd(learning('jsonl'), { files: { visits: more.join('\n') } })
    expect(grown.letters).toEqual([])
    expect(await grown.state('buys')).toEqual(await clean.state('buys'))
  })

  test('fault 18: a CSV column that appears, in any place, is passed over', async () => {
    const lines = visits(300).map((row) => lineOf('csv', row).split(','))
    const file = (header: string, cells: (row: string[], i: number) => string[]) =>
      [header, ...lines.map((row, i) => cells(row, i).join(','))].join('\n')
    const clean = await runToEnd(learning('csv'), {
      files: { visits: file('id,city,amount,pages,bought,at', (row) => row) },
    })
    const grown = await runToEnd(learning('csv'), {
      files: {
        visits: file('colour,at,id,city,"NEW, one",amount,pages,bought', ([id, city, amount, pages, bought, at], i) => [
          `${i}`,
          at,
          id,
          city,
          '',
          amount,
          pages,
          bought,
        ]),
      },
    })
    expect(grown.letters).toEqual([])
    expect(await grown.state('buys')).toEqual(await clean.state('buys'))
    expect(grown.rows('learned')).toEqual(clean.rows('learned'))
  })
})

describe('inputs that carry no news', () => {
  test('fault 19: zero variance and collinear inputs over 50,000 records leave every learner finite', async () => {
    const Row = record({
      same: number(),
      x: number(),
      twice: number(),
      minus: number(),
      shifted: number(),
      up: integer(),
    })
    const inputs = features(Row).numeric('same', 'x', 'twice', 'minus', 'shifted')
    const line = (row: number) => {
      const x = ((row * 7919) % 1009) / 100
      return [1e6, x, 2 * x, -x, x + 1e9, (row * 31) % 7 > 3 ? 1 : 0].join(',')
    }
    const flat = pipeline('flat', ({ from }) => {
      const rows = from('rows', generated(50_000, Row, 'csv'))
      for (const { name, model } of learnersOf(inputs)) rows.learn(name, model, { label: (r) => r.up === 1 })
    })
    const head = 'same,x,twice,minus,shifted,up\n'
    const { report, ledger } = await runToEnd(flat, {
      checkpointRecords: 0,
      connectors: { sources: [new GeneratedSource(line, head)], sinks: [] },
    })
    expect(ledger('normalized')).toMatchObject({ processed: 50_000, rejected: 0 })
    await expectFiniteModels(report.checkpoint)
  })
})
