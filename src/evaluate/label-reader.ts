/** Labels from the bytes of a cell: what a task calls one, as one double. */
import { latin1Read, utf8Read } from '../bytes/utf8.ts'
import { isMillraceError } from '../errors.ts'
import { isOneOf, textBytes } from '../formats/csv-cell-text.ts'
import { decimalProblem, parseDecimal } from '../formats/decimal.ts'
import type { ModelTask } from '../learn/tasks/model-task.ts'
import { ByteIndex } from './byte-index.ts'
import { LARGEST_INPUT, type TablePlan } from './table-plan.ts'

export interface LabelReader {
  /** After `read` returned true; else to be set from `known`. */
  code: number
  /** Codes of labels that are known: `read` would say the same of their texts. */
  readonly known: ByteIndex
  /** After `read` returned false. */
  readonly problem: string
  /** @param last false: when it is not right, the row will be read again */
  read(bytes: Uint8Array, start: number, end: number, last?: boolean): boolean
  /** Labels that were neither of the two that were taken for all there are. */
  readonly strangers?: number
}

export function labelReader({ task, positive, negative, label }: TablePlan, classes: ModelTask): LabelReader {
  if (task === 'regression') return new NumberLabels()
  return task === 'binary' ? new TwoLabels(positive as string, negative) : new ClassLabels(label, classes)
}

class TwoLabels implements LabelReader {
  code = 0
  problem = ''
  strangers = 0
  readonly known = new ByteIndex()
  readonly #positive: readonly Uint8Array[]
  readonly #negative: readonly Uint8Array[] | undefined
  readonly #names: string

  constructor(positive: string, negative: string | null) {
    const yes = textBytes(positive)
    this.#positive = [yes]
    this.known.add(yes, 0, yes.length, 1)
    if (negative !== null) {
      const no = textBytes(negative)
      this.#negative = [no]
      if (no.length > 0 && negative !== positive) this.known.add(no, 0, no.length, 0)
    }
    this.#names = `${JSON.stringify(positive)} or ${JSON.stringify(negative)}`
  }

  read(bytes: Uint8Array, start: number, end: number, last = true): boolean {
    if (isOneOf(this.#positive, bytes, start, end)) this.code = 1
    else if (start < end && (this.#negative === undefined || isOneOf(this.#negative, bytes, start, end))) this.code = 0
    else {
      if (!last) return false
      if (start < end) this.strangers++
      this.problem = `the label ${shown(bytes, start, end)} is not ${this.#names}`
      return false
    }
    return true
  }
}

class NumberLabels implements LabelReader {
  code = 0
  readonly known = new ByteIndex()
  problem = ''

  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.code = parseDecimal(bytes, start, end)
    if (this.code <= LARGEST_INPUT && this.code >= -LARGEST_INPUT) return true
    const text = textOf(bytes, start, end)
    const how = this.code === this.code ? 'is too large' : decimalProblem(text)
    this.problem = `the label ${shown(bytes, start, end)} ${how}`
    return false
  }
}

/** Classes are numbered as they first appear. */
class ClassLabels implements LabelReader {
  code = 0
  problem = ''
  readonly #where: string
  readonly #task: ModelTask
  readonly known = new ByteIndex()

  constructor(label: string, task: ModelTask) {
    this.#where = `label "${label}"`
    this.#task = task
  }

  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.code = this.known.get(bytes, start, end)
    if (this.code >= 0) return true
    if (start === end) this.problem = 'the label is empty'
    if (start === end) return false
    try {
      this.code = this.#task.code(textOf(bytes, start, end), this.#where)
    } catch (error) {
      if (!isMillraceError(error)) throw error
      this.problem = `${shown(bytes, start, end)}: ${error.what}`
      return false
    }
    this.#task.keep(this.code)
    this.known.add(bytes, start, end, this.code)
    return true
  }
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return utf8Read(bytes, start, end) ?? latin1Read(bytes, start, end)
}

function shown(bytes: Uint8Array, start: number, end: number): string {
  const text = textOf(bytes, start, end)
  return JSON.stringify(text.length <= 60 ? text : `${text.slice(0, 57)}...`)
}
