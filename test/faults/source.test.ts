/** Section "Source" of the fault list, through whole pipelines: what is no record becomes a dead letter, and nothing else changes. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { integer, pipeline, record, string, time } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { describe, expect, test } from 'vitest'
import { folder, runToEnd } from './faulty-run.ts'
import { peakGrowth } from './peak-memory.ts'
import { expectDeadLetters, learning, lineOf, poisoned, type VisitRow, visits } from './visits.ts'

const [good] = visits(1)

/** A line of JSON with other text for some fields. */
function json(changed: Partial<Record<keyof VisitRow, string>>, more = ''): string {
  const fields = Object.entries({ ...good, id: 'poison' }).map(
    ([name, value]) => `"${name}":${changed[name as keyof VisitRow] ?? JSON.stringify(value)}`,
  )
  return `{${fields.join(',')}${more}}`
}

function cells(changed: Partial<Record<keyof VisitRow, string>>): string {
  return Object.entries({ ...good, id: 'poison', ...changed })
    .map(([, value]) => value)
    .join(',')
}

describe('a line that is no record', () => {
  test('fault 1: 1e999 is a dead letter in JSON and CSV, and no Infinity reaches the model', async () => {
    const code = 'ML_FIELD'
    await expectDeadLetters('jsonl', [
      { before: 10, line: json({ amount: '1e999' }), code, reason: /amount/ },
      { before: 250, line: json({ amount: '-1e999' }), code },
      { before: 250, line: json({ pages: '1e999' }), code, reason: /pages/ },
    ])
    await expectDeadLetters('csv', [
      { before: 0, line: cells({ amount: '1e999' }), code, reason: /amount/ },
      { before: 300, line: cells({ pages: '-1e999' }), code, reason: /pages/ },
    ])
  })

  test('fault 2: a duplicate JSON key is a dead letter, wherever it stands', async () => {
    await expectDeadLetters('jsonl', [
      { before: 1, line: json({}, ',"amount":3'), code: 'ML_MALFORMED', reason: /amount/ },
      { before: 150, line: json({}, ',"amou\\u006et":3'), code: 'ML_MALFORMED' },
      { before: 150, line: json({}, ',"other":{"a":1,"a":1}'), code: 'ML_MALFORMED' },
    ])
  })

  test('fault 3: __proto__ and constructor are data like any other, and prototypes stay as they are', async () => {
    const before = Object.getOwnPropertyNames(Object.prototype)
    const Odd = record({ ['__proto__']: string(), constructor: string(), n: integer(), at: time({ unit: 'ms' }) })
    const odd = pipeline('odd', ({ from }) => {
      const rows = from('odd', jsonl('odd', Odd), { eventTime: (o) => o.at })
      rows.map((o) => ({ ...o, twice: o.n * 2 })).to('rows', memory())
      rows
        .keyBy((o) => o.constructor)
        .process<string, string>('by', {
          onRecord(_o, context) {
            context.emit(`${String(context.key)} ${context.state.get()}`)
            context.state.set(String(context.key))
          },
        })
        .to('keys', memory())
    })
    const line = (text: string, n: number) => `{"__proto__":"${text}","constructor":"${text}","n":${n},"at":${n}}\n`
    const { rows } = await runToEnd(odd, {
      files: { odd: line('__proto__', 1) + line('toString', 2) + line('toString', 3) },
    })
    const [first, , last] = rows('rows') as Record<string, unknown>[]
    expect(Object.entries(first)).toEqual([
      ['__proto__', '__proto__'],
      ['constructor', '__proto__'],
      ['n', 1],
      ['at', 1],
      ['twice', 2],
    ])
    expect(Object.getPrototypeOf(first)).toBe(Object.prototype)
    expect(last.n).toBe(3)
    expect(rows('keys')).toEqual(['__proto__ undefined', 'toString undefined', 'toString toString'])
    const { dirty } = await expectDeadLetters('jsonl', [])
    const inFields = poisoned('jsonl', visits(300), [])
      .bytes.toString()
      .replace('"v17"', '"__proto__"')
      .replaceAll('Rome', 'constructor')
    const named = await runToEnd(learning('jsonl'), {
      files: {
        visits: inFields.replace(
          '"id":"v20",',
          '"id":"v20","__proto__":{"amount":9},"constructor":{"prototype":{"x":1}},',
        ),
      },
    })
    expect(named.letters).toEqual([])
    expect(named.ledger('buys').processed).toBe(300)
    const probabilities = (run: typeof named) =>
      (run.rows('learned') as { prediction: unknown }[]).map((r) => r.prediction)
    expect(probabilities(named)).toEqual(probabilities(dirty))
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before)
    expect(({} as Record<string, unknown>).amount).toBeUndefined()
  })

  test('fault 4: JSON a million levels deep is a dead letter, also where no field wants it', async () => {
    const deep = (open: string, close: string, levels: number) => open.repeat(levels) + close.repeat(levels)
    const code = 'ML_MALFORMED'
    await expectDeadLetters(
      'jsonl',
      [
        { before: 5, line: json({}, `,"other":${deep('[', ']', 1e6)}`), code, reason: /64|deep/ },
        { before: 6, line: json({ amount: deep('[', ']', 1e6) }), code },
        { before: 7, line: json({}, `,"other":${'{"a":'.repeat(1e6)}1${'}'.repeat(1e6)}`), code },
        { before: 8, line: deep('[', ']', 65), code },
      ],
      { maxRecordBytes: 8 << 20 },
    )
  })

  test('fault 4: a value a million levels deep that a function makes is a dead letter of that operator', async () => {
    const deepening = pipeline(
      'deepening',
      ({ from }) => {
        const made = from('rows', memory([{ n: 1 }, { n: 2 }, { n: 3 }], record({ n: integer() }))).map(({ n }) => {
          let value: unknown = n
          for (let level = 0; n === 2 && level < 1e6; level++) value = [value]
          return { value }
        })
        made.to('made', memory())
      },
      { rejected: memory() },
    )
    const { rows, letters } = await runToEnd(deepening)
    expect(rows('made')).toEqual([{ value: 1 }, { value: 3 }])
    expect(letters).toMatchObject([{ at: 'rows.map-1', code: 'ML_VALUE', source: 'rows', position: 8 }])
  })

  test.each([
    ['a line of JSON', 'jsonl', '{"id":"', '"}'],
    ['an unclosed CSV quote', 'csv', '"', ''],
    ['a line of CSV', 'csv', '', ''],
  ] as const)(
    'fault 5: %s of 64 MiB is a dead letter, memory stays flat, and the next record is read',
    async (_what, format, open, close) => {
      const rows = visits(20)
      const base = folder()
      // Written in pieces: bytes that this process once held would hide what the run needs.
      const marker = '<64 MiB>'
      const { bytes, positions } = poisoned(format, rows, [{ before: 10, line: open + marker + close, code: '' }])
      const at = bytes.indexOf(marker)
      const file = openSync(join(base, 'visits'), 'w')
      writeSync(file, bytes, 0, at)
      const mebibyte = Buffer.alloc(1 << 20, 'x')
      for (let written = 0; written < 64; written++) writeSync(file, mebibyte)
      writeSync(file, bytes, at + marker.length)
      closeSync(file)
      const { result, growth } = await peakGrowth(() => runToEnd(learning(format), { base }))
      expect(result.letters).toHaveLength(1)
      expect(result.letters[0]).toMatchObject({ code: 'ML_RECORD_SIZE', source: 'visits', position: positions[0] })
      expect((result.letters[0].value as string).length).toBeLessThan(5000)
      const learned = result.rows('learned') as { input: { id: string } }[]
      expect(learned.map(({ input }) => input.id)).toEqual(rows.map(({ id }) => id))
      expect(growth).toBeLessThan(40 << 20)
    },
  )

  test('fault 6: invalid UTF-8, NUL and lone surrogates are dead letters', async () => {
    const raw = (line: string, at: string, bytes: number[]) => {
      const [before, after] = line.split(at)
      return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)])
    }
    const code = 'ML_MALFORMED'
    const bad: number[][] = [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0]]
    await expectDeadLetters('jsonl', [
      ...bad.map((bytes, i) => ({ before: i, line: raw(json({ city: '"Ro#me"' }), '#', bytes), code })),
      { before: 40, line: json({ city: '"\\ud800"' }), code },
      { before: 41, line: json({ city: '"\\udc00\\ud800"' }), code },
      { before: 42, line: raw(json({}), '"amount"', [0]), code },
      { before: 43, line: raw(`${json({}, ',"other":"#"')}`, '#', [0xff]), code },
    ])
    await expectDeadLetters(
      'csv',
      bad.map((bytes, i) => ({ before: i * 50, line: raw(cells({ city: 'Ro#me' }), '#', bytes), code })),
    )
  })

  test('fault 9: a time of the year 9999, or before 1970, is a dead letter, and no later record is late for it', async () => {
    const year9999 = String(Date.UTC(9999, 0))
    for (const format of ['jsonl', 'csv'] as const) {
      const line = format === 'csv' ? cells : json
      const { dirty } = await expectDeadLetters(format, [
        { before: 3, line: line({ at: year9999 }), code: 'ML_FIELD', reason: /at/ },
        { before: 100, line: line({ at: '-1' }), code: 'ML_FIELD' },
        { before: 200, line: line({ at: '4102444800001' }), code: 'ML_FIELD' },
      ])
      expect(dirty.ledger('visits').late).toBe(0)
    }
  })

  test('fault 9: an event time that a function makes out of range is a dead letter, and the watermark stays', async () => {
    const times = [1000, Date.UTC(9999, 0), 2000, -5, 3000, Number.NaN, 4000, 1.5, 5000]
    const Row = record({ n: integer() })
    const timed = pipeline(
      'timed',
      ({ from }) => {
        const rows = from(
          'rows',
          memory(
            times.map((_, n) => ({ n })),
            Row,
          ),
          { eventTime: ({ n }) => times[n] },
        )
        rows
          .process<number>('times', { onRecord: (_row, context) => context.emit(context.time) })
          .to('times-out', memory())
        rows.late.to('late', memory())
      },
      { rejected: memory() },
    )
    const { rows, letters, ledger } = await runToEnd(timed)
    expect(rows('times-out')).toEqual([1000, 2000, 3000, 4000, 5000])
    expect(rows('late')).toEqual([])
    expect(letters.map(({ code, position }) => [code, position])).toEqual(
      [8, 24, 40, 56].map((at) => ['ML_EVENT_TIME', at]),
    )
    expect(ledger('rows')).toEqual({ in: 9, processed: 5, rejected: 4, late: 0 })
  })
})

test('lines before and after a dead letter are those that the file holds', async () => {
  // The helper of this folder compares with a clean run; this says that the clean run reads what is there.
  const rows = visits(5)
  const { bytes } = poisoned('csv', rows, [{ before: 2, line: 'a,b', code: '' }])
  const { rows: out, letters } = await runToEnd(learning('csv'), { files: { visits: bytes } })
  expect((out('learned') as { input: VisitRow }[]).map(({ input }) => input)).toEqual(rows)
  expect(letters).toMatchObject([{ value: 'a,b' }])
  expect(lineOf('csv', rows[0])).toMatch(/^v0,/)
})
