/** `millrace eval TABLE --label COLUMN`: several models and the baselines over a CSV file, in one prequential pass. */
import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { MillraceError } from '../errors.ts'
import { SLIPS } from '../evaluate/column-guess.ts'
import { Evaluation, type RejectedRow } from '../evaluate/evaluation.ts'
import { allFit, modelsOf } from '../evaluate/model-catalogue.ts'
import { planTable, type TableWishes } from '../evaluate/plan-table.ts'
import { type Evaluated, resultsOf } from '../evaluate/result.ts'
import { Settings } from '../evaluate/settings.ts'
import { type TablePlan, tableInputs } from '../evaluate/table-plan.ts'
import { TableSample } from '../evaluate/table-sample.ts'
import type { Task } from '../learn/learner.ts'
import { evalPlot } from './eval-plot.ts'
import { evalText, jsonLine } from './eval-report.ts'
import { count } from './format.ts'
import { Meter } from './meter.ts'
import { print } from './print.ts'
import { StatusLine } from './status-line.ts'
import { steadyMs } from './steady-clock.ts'
import { TableFile } from './table-file.ts'

export interface EvalFlags {
  readonly label: string
  readonly task?: string
  readonly positive?: string
  readonly model?: string
  readonly set?: readonly string[]
  readonly categorical?: string
  readonly text?: string
  readonly drop?: string
  readonly time?: string
  readonly delimiter?: string
  readonly plot?: string | false
  readonly json?: boolean
  readonly quiet?: boolean
}

const TASKS: readonly Task[] = ['binary', 'multiclass', 'regression']

export async function evalCommand(path: string, flags: EvalFlags): Promise<void> {
  const status = new StatusLine(basename(path), (flags.quiet ?? false) || (flags.json ?? false))
  const meter = new Meter(0, steadyMs())
  let evaluated: Evaluated
  try {
    evaluated = await evaluateTable(path, flags, ({ records }) => {
      const rate = meter.look(records, steadyMs())
      status.show(() => `${count(records)} records  ${count(rate)}/s`)
    })
  } finally {
    status.clear()
  }
  const { evaluation, results } = evaluated
  if (flags.json) for (const result of results) print(`${jsonLine(result)}\n`)
  else if (!flags.quiet) print(evalText(basename(path), evaluated))
  const plot =
    flags.plot === undefined && !flags.json ? `${basename(path).replace(/\.csv(\.gz)?$/, '')}.svg` : flags.plot
  if (typeof plot === 'string') {
    writePlot(plot, evalPlot(basename(path), evaluated))
    if (!flags.json && !flags.quiet) print(`plot      ${plot}\n`)
  }
  if (evaluation.records === 0) throw nothingLearned(path, evaluation.examples)
}

/** The evaluation itself, for benches and tests too. */
export async function evaluateTable(
  path: string,
  flags: EvalFlags,
  progress: (evaluation: Evaluation) => void = () => {},
): Promise<Evaluated> {
  const table = new TableFile(path)
  try {
    return await evaluateFile(table, path, flags, progress)
  } finally {
    await table.close()
  }
}

async function evaluateFile(
  table: TableFile,
  path: string,
  flags: EvalFlags,
  progress: (evaluation: Evaluation) => void,
): Promise<Evaluated> {
  const wishes = wishesOf(flags)
  const csv = flags.delimiter === undefined ? {} : { delimiter: flags.delimiter === '\\t' ? '\t' : flags.delimiter }
  const sample = new TableSample(flags.label, csv)
  await table.each((chunk) => {
    sample.push(chunk)
    return !sample.enough
  })
  if (!sample.enough) sample.end()
  if (sample.columns.length > 0 && sample.rows === 0) throw nothingLearned(path, [])
  const first = planTable(sample.columns, wishes)
  const plan = allFit(list(flags.model), first.task)
    ? first
    : planForModels(sample.columns, wishes, list(flags.model), first)
  const evaluated = await pass(
    table,
    plan,
    flags,
    csv,
    progress,
    wishes.task === undefined && wishes.positive === undefined,
  )
  if (evaluated !== undefined) return evaluated
  // A third label comes again and again where two had been taken for all: what was learned until then is worth nothing.
  const again = planTable(sample.columns, { ...wishes, task: 'multiclass' })
  return (await pass(table, again, flags, csv, progress, false)) as Evaluated
}

/** Models that are all for another task say what the label is: the first rows may have shown too little of it. */
function planForModels(
  columns: TableSample['columns'],
  wishes: TableWishes,
  models: readonly string[],
  first: TablePlan,
): TablePlan {
  if (wishes.task !== undefined || wishes.positive !== undefined) return first
  const task = TASKS.find((other) => allFit(models, other))
  return task === undefined ? first : planTable(columns, { ...wishes, task })
}

/** One pass over the table; undefined when `watched` and labels came that the plan does not know. */
async function pass(
  table: TableFile,
  plan: TablePlan,
  flags: EvalFlags,
  csv: object,
  progress: (evaluation: Evaluation) => void,
  watched: boolean,
): Promise<Evaluated | undefined> {
  const settings = new Settings(flags.set ?? [])
  const maxClasses = settings.number('maxClasses', 64)
  const inputs = { spec: tableInputs(plan) }
  const models = modelsOf(list(flags.model), { inputs, task: plan.task, maxClasses }, settings)
  const evaluation = new Evaluation(plan, { models, maxClasses, csv, clock: steadyMs })
  const whole = await table.each((chunk) => {
    evaluation.push(chunk)
    progress(evaluation)
    return !(watched && evaluation.strangers >= SLIPS)
  })
  if (!whole) return undefined
  evaluation.end()
  return { evaluation, results: resultsOf(evaluation) }
}

function wishesOf(flags: EvalFlags): TableWishes {
  const task = TASKS.find((known) => known === flags.task)
  if (flags.task !== undefined && task === undefined) {
    const remedy = `Choose ${TASKS.join(', ')}`
    throw new MillraceError('ML_PARAM', { what: 'there is no such task', got: flags.task, where: '--task', remedy })
  }
  return {
    label: flags.label,
    task,
    positive: flags.positive,
    categorical: list(flags.categorical),
    text: list(flags.text),
    drop: list(flags.drop),
    time: flags.time,
  }
}

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function writePlot(path: string, svg: string): void {
  try {
    writeFileSync(path, svg)
  } catch (error) {
    throw new MillraceError('ML_NO_FILE', {
      what: `the plot could not be written: ${(error as Error).message}`,
      where: '--plot',
      remedy: 'Name a file in a folder that you may write to, or give --no-plot',
    })
  }
}

function nothingLearned(path: string, examples: readonly RejectedRow[]): MillraceError {
  return new MillraceError('ML_LABEL', {
    what: 'no record could be learned from',
    got: examples[0]?.reason ?? 'no row',
    where: path,
    remedy: 'Look at the label, the delimiter and the kinds of the columns',
  })
}
