/** Makes the plan of an evaluation: what was asked for, and for the rest what the first rows suggest. */
import { MillraceError } from '../errors.ts'
import { nearestName } from '../formats/nearest-name.ts'
import type { Task } from '../learn/learner.ts'
import type { ColumnGuess } from './column-guess.ts'
import type { TablePlan } from './table-plan.ts'

export interface TableWishes {
  readonly label: string
  readonly task?: Task
  readonly positive?: string
  readonly categorical?: readonly string[]
  readonly text?: readonly string[]
  readonly drop?: readonly string[]
  readonly time?: string
}

/** Whole numbers with more distinct values than this are amounts; with fewer they may be classes. */
const MOST_NUMBERED_CLASSES = 20

/**
 * @param columns of the table, in order, judged by its first rows
 * @throws ML_PARAM for names that the table does not have; ML_SCHEMA without a header line; ML_LABEL when the label does not fit the task
 */
export function planTable(columns: readonly ColumnGuess[], wishes: TableWishes): TablePlan {
  const { label, categorical = [], text = [], drop = [], time } = wishes
  if (columns.length === 0) {
    throw new MillraceError('ML_SCHEMA', { what: 'the table has no header line', where: 'evaluation' })
  }
  const find = (name: string, flag: string): ColumnGuess => {
    const found = columns.find((column) => column.name === name)
    if (found === undefined) throw noColumn(name, flag, columns)
    return found
  }
  const target = find(label, '--label')
  for (const name of drop) find(name, '--drop')
  for (const name of categorical) find(name, '--categorical')
  for (const name of text) find(name, '--text')
  if (time !== undefined) find(time, '--time')
  const offered = columns.filter(({ name }) => name !== label && name !== time && !drop.includes(name))
  const asked = (name: string) => categorical.includes(name) || text.includes(name)
  const isText = (column: ColumnGuess) => text.includes(column.name) || (!asked(column.name) && column.sentences)
  const inputs = offered.filter((column) => asked(column.name) || isText(column) || !column.identifies)
  if (inputs.length === 0) {
    throw new MillraceError('ML_SCHEMA', {
      what: 'no column is left to learn from',
      where: 'evaluation',
      remedy: 'Drop fewer columns',
    })
  }
  const isCategory = (column: ColumnGuess) =>
    categorical.includes(column.name) || !column.numeric || column.filled === 0
  const task = wishes.task ?? (wishes.positive === undefined ? taskOf(target) : 'binary')
  return {
    numeric: inputs.filter((column) => !isText(column) && !isCategory(column)).map(({ name }) => name),
    categorical: inputs.filter((column) => !isText(column) && isCategory(column)).map(({ name }) => name),
    text: inputs.filter(isText).map(({ name }) => name),
    label,
    task,
    leftOut: offered.filter((column) => !inputs.includes(column)).map(({ name }) => name),
    time: time ?? null,
    ...classesOf(target, task, wishes.positive),
  }
}

function taskOf({ distinct, numeric, whole, two }: ColumnGuess): Task {
  if (two !== undefined) return 'binary'
  if (!numeric) return 'multiclass'
  return whole && distinct.size <= MOST_NUMBERED_CLASSES ? 'multiclass' : 'regression'
}

/** Which text is true: the one asked for, or the later of two in the order of code units (1, true, yes, UP, spam). */
function classesOf(
  { name, distinct, numeric, two }: ColumnGuess,
  task: Task,
  positive: string | undefined,
): Pick<TablePlan, 'positive' | 'negative'> {
  const seen = [...distinct.keys()].sort()
  if (task !== 'binary') {
    if (positive !== undefined) {
      throw new MillraceError('ML_LABEL', {
        what: `only a label of two classes has a positive value; the task is ${task}`,
        got: positive,
        where: '--positive',
        remedy: 'Leave --positive out, or say --task binary',
      })
    }
    if (task === 'regression' && !numeric) throw notNumbers(name, seen)
    return { positive: null, negative: null }
  }
  if (positive !== undefined) {
    if (seen.length < 1000 && !distinct.has(positive)) throw unseenPositive(name, positive, seen)
    return { positive, negative: two?.includes(positive) ? (two.find((text) => text !== positive) ?? null) : null }
  }
  if (two !== undefined) return { positive: two[1], negative: two[0] }
  throw new MillraceError('ML_LABEL', {
    what: `the label "${name}" has ${seen.length === 1 ? 'one value' : `${seen.length} values`} in the first rows, not two`,
    got: seen.slice(0, 10).join(', '),
    where: '--label',
    remedy: 'Say which value is true: --positive VALUE; or --task multiclass',
  })
}

function notNumbers(name: string, seen: readonly string[]): MillraceError {
  return new MillraceError('ML_LABEL', {
    what: `the label "${name}" holds texts, and a regression needs numbers`,
    got: seen.slice(0, 10).join(', '),
    where: '--label',
    remedy: 'Say --task multiclass, or choose another column',
  })
}

function unseenPositive(name: string, positive: string, seen: readonly string[]): MillraceError {
  return new MillraceError('ML_LABEL', {
    what: `the label "${name}" is never this value in the first rows`,
    got: positive,
    where: '--positive',
    remedy: `It is ${seen.slice(0, 10).join(', ')}`,
  })
}

function noColumn(name: string, flag: string, columns: readonly ColumnGuess[]): MillraceError {
  const names = columns.map((column) => column.name)
  const near = nearestName(name, names)
  const other = names.length === 1 ? /[;\t|]/.exec(names[0])?.[0] : undefined
  if (other !== undefined) {
    return new MillraceError('ML_PARAM', {
      what: 'the table has one column only: another character may separate them',
      got: names[0],
      where: flag,
      remedy: `Say --delimiter '${other === '\t' ? '\\t' : other}'`,
    })
  }
  return new MillraceError('ML_PARAM', {
    what: 'the table has no such column',
    got: name,
    where: flag,
    remedy: `${near === undefined ? '' : `Did you mean "${near}"? `}Columns: ${names.slice(0, 40).join(', ')}`,
  })
}
