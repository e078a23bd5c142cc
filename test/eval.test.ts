// `millrace eval` as a stranger types it: digits of real data, tables, plots, JSON, and what is typed wrong.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { folderWith, millrace } from './cli-process.ts'
import { describeWithData, sharedData } from './shared-data.ts'

const people = [
  'age,town,income,buys',
  ...Array.from(
    { length: 400 },
    (_, i) => `${20 + (i % 40)},${['Ulm', 'Bonn'][i % 2]},${i % 7},${i % 40 > 20 ? 'yes' : 'no'}`,
  ),
]
const table = `${people.join('\n')}\n`

const kinds = ['late', 'early', 'lost'] as const
const said = `at,text,size,kind\n${Array.from({ length: 900 }, (_, i) => {
  const at = new Date(Date.UTC(2026, 0, 1 + Math.floor(i / 100), i % 24)).toISOString()
  return `${at},my train number ${i} was ${kinds[i % 3]} again,${(i % 3) * 10 + (i % 7) / 10 + 0.05},${kinds[i % 3]}`
}).join('\n')}\n`

interface Line {
  readonly model: string
  readonly task: string
  readonly records: number
  readonly rejected: number
  readonly accuracy: number | null
  readonly recordsPerSecond: number
  readonly [metric: string]: unknown
}

async function jsonOf(cwd: string, ...args: readonly string[]): Promise<Line[]> {
  const { code, stdout, stderr } = await millrace(['eval', ...args, '--json'], { cwd })
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}

describe.concurrent('eval', () => {
  const cwd = folderWith({
    'people.csv': table,
    'broken.csv': `${table}41,Ulm,much,yes\n41,Ulm\n41,Ulm,3,perhaps\n`,
    'kinds.csv': `x,kind\n${Array.from({ length: 6000 }, (_, i) => `${i % 3},${'abc'[i < 5500 ? i % 2 : i % 3]}`).join('\n')}\n`,
    'said.csv': said,
    'semicolons.csv': table.replaceAll(',', ';'),
    'empty.csv': '',
    'header.csv': 'a,b\n',
  })

  test('shows a table with baselines, intervals and speed, and draws a plot', async () => {
    const { code, stdout } = await millrace(['eval', 'people.csv', '--label', 'buys', '--model', 'logistic'], { cwd })
    expect(code).toBe(0)
    expect(stdout).toMatch(/people.csv: binary, label buys, true is "yes", false is "no"/)
    expect(stdout).toMatch(/numbers: age, income\ncategories: town/)
    expect(stdout).toMatch(/model +accuracy +± +log loss +AUC +F1 +kappa +kappa_t +examples\/s/)
    expect(stdout).toMatch(/logistic +0\.\d{5} +0\.\d{4} /)
    expect(stdout).toMatch(/always the prior.*\nalways the majority.*\nthe last label again/)
    expect(stdout).toMatch(/on 400 records/)
    expect(stdout).toMatch(/plot {6}people.svg/)
    const svg = readFileSync(join(cwd, 'people.svg'), 'utf8')
    expect(svg).toMatch(/^<svg xmlns/)
    expect(svg).toMatch(/<title>accuracy of buys over people.csv<\/title>/)
    expect(svg).not.toMatch(/NaN|Infinity/)
  })

  test('rejects what is malformed, says where and how, and learns the rest', async () => {
    const { stdout } = await millrace(['eval', 'broken.csv', '--label', 'buys', '--no-plot'], { cwd })
    expect(stdout).toMatch(/rejected {2}3 rows/)
    expect(stdout).toMatch(/row 401: column "income": "much" is not a plain decimal number/)
    expect(stdout).toMatch(/row 402: the row has 2 cells, not 4/)
    expect(stdout).toMatch(/row 403: the label "perhaps" is not "yes" or "no"/)
    expect(existsSync(join(cwd, 'broken.svg'))).toBe(false)
    const [line] = await jsonOf(cwd, 'broken.csv', '--label', 'buys', '--model', 'logistic')
    expect(line).toMatchObject({ model: 'logistic', task: 'binary', records: 400, rejected: 3, mae: null, r2: null })
  })

  test('takes another delimiter, categories that are numbers, and another value for true', async () => {
    const args = [
      'semicolons.csv',
      '--label',
      'buys',
      '--delimiter',
      ';',
      '--categorical',
      'income',
      '--positive',
      'no',
    ]
    const [line] = await jsonOf(cwd, ...args, '--model', 'logistic')
    expect(line.accuracy).toBeGreaterThan(0.8)
  })

  test('tells sentences, several classes and numbers by themselves, and marks times on the plot', async () => {
    const { stdout } = await millrace(['eval', 'said.csv', '--label', 'kind', '--time', 'at', '--plot', 'said.svg'], {
      cwd,
    })
    expect(stdout).toMatch(/said.csv: multiclass, label kind\nnumbers: size\nwords of: text/)
    expect(stdout).toMatch(/softmax +0\.\d{5}[\s\S]*naive-bayes +0\.\d{5}/)
    const svg = readFileSync(join(cwd, 'said.svg'), 'utf8')
    expect(svg).toMatch(/>2026-01-0\d</)
    expect(svg).toMatch(/the last label again/)
    const [line] = await jsonOf(cwd, 'said.csv', '--label', 'size', '--drop', 'at', '--model', 'linear')
    expect(line).toMatchObject({ task: 'regression', accuracy: null, records: 900 })
    expect(line.r2).toBeGreaterThan(0.5)
  })

  test('starts anew with several classes when a third label keeps coming', async () => {
    const lines = await jsonOf(cwd, 'kinds.csv', '--label', 'kind')
    expect(lines.map(({ model, task, records, rejected }) => [model, task, records, rejected])).toEqual([
      ['softmax', 'multiclass', 6000, 0],
      ['naive-bayes', 'multiclass', 6000, 0],
    ])
  })

  test.each<[string, string[], RegExp, number?]>([
    ['no label', ['people.csv'], /required option '--label/],
    ['a label that is not there', ['people.csv', '--label', 'buy'], /ML_PARAM: .*"buy" at --label.*"buys"/],
    ['another delimiter', ['semicolons.csv', '--label', 'buys'], /ML_PARAM: .*one column only.*Say --delimiter ';'/],
    ['a file that is not there', ['peple.csv', '--label', 'buys'], /ML_NO_FILE: .*Did you mean people.csv/],
    [
      'a task that does not exist',
      ['people.csv', '--label', 'buys', '--task', 'guess'],
      /ML_PARAM.*Choose binary, multi/,
    ],
    ['a model that does not exist', ['people.csv', '--label', 'buys', '--model', 'logstic'], /Did you mean "logistic"/],
    ['a setting without a value', ['people.csv', '--label', 'buys', '--set', 'l2'], /name=value/],
    ['a setting nobody has', ['people.csv', '--label', 'buys', '--set', 'l3=1'], /no model chosen has such a setting/],
    [
      'a table without rows',
      ['header.csv', '--label', 'b'],
      /ML_LABEL: no record could be learned from; got "no row"/,
      1,
    ],
    ['an empty file', ['empty.csv', '--label', 'b'], /ML_SCHEMA: the table has no header line/, 78],
    [
      'a plot where none can be',
      ['people.csv', '--label', 'buys', '--plot', 'no/such.svg'],
      /the plot could not be written/,
    ],
  ])('answers %s with one clear message', async (_title, args, message, exit = 2) => {
    const { code, stderr } = await millrace(['eval', ...args], { cwd })
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(code).toBe(exit)
  })
})

describeWithData('eval on real data', ['electricity.csv.gz', 'nycflights_delayed.csv.gz'], () => {
  const cwd = folderWith({})
  const path = (name: string) => join(sharedData, `${name}.csv.gz`)

  test("gives River's accuracy of standardised SGD 0.01 on electricity, to five digits", async () => {
    const args = [path('electricity'), '--label', 'class', '--model', 'logistic']
    const [line] = await jsonOf(cwd, ...args, '--set', 'optimizer=sgd', '--set', 'learningRate=0.01')
    expect(line).toMatchObject({ model: 'logistic', task: 'binary', records: 45_312, rejected: 0 })
    expect(line.accuracy?.toFixed(5)).toBe('0.83733')
  })

  test("gives River's accuracy with one-hot categories on a year of flights, to five digits", async () => {
    const args = [path('nycflights_delayed'), '--label', 'delayed', '--categorical', 'dow', '--drop', 'ts']
    const [line] = await jsonOf(cwd, ...args, '--model', 'logistic')
    expect(line).toMatchObject({ records: 327_346, rejected: 0 })
    expect(line.accuracy?.toFixed(5)).toBe('0.70706')
  })

  test("stays within 0.002 of Vowpal Wabbit's default update on electricity", async () => {
    const args = [path('electricity'), '--label', 'class', '--model', 'logistic', '--set', 'optimizer=normalized']
    const [line] = await jsonOf(cwd, ...args, '--set', 'standardise=false', '--categorical', 'day')
    expect(Math.abs((line.accuracy ?? 0) - 0.7494)).toBeLessThan(0.002)
  })

  test('reads a plain file as it reads a compressed one', async () => {
    const plain = folderWith({ 'people.csv': table })
    const packed = folderWith({ 'people.csv.gz': gzipSync(table) as unknown as string })
    const [a] = await jsonOf(plain, 'people.csv', '--label', 'buys')
    const [b] = await jsonOf(packed, 'people.csv.gz', '--label', 'buys')
    expect({ ...a, recordsPerSecond: 0 }).toEqual({ ...b, recordsPerSecond: 0 })
  })
})
