import type { ByteReader } from '../../bytes/reader.ts'
import type { ByteWriter } from '../../bytes/writer.ts'
import { MillraceError } from '../../errors.ts'
import { classCapacity, type LearnerSpec } from '../learner.ts'
import type { JudgedMulticlass } from './judged.ts'
import type { ModelTask } from './model-task.ts'
import type { MulticlassPrediction } from './prediction.ts'

const ALL = 0
const LAST = 1
const COUNTS = 2

/** As many as metrics tell apart. */
const MOST_CLASSES = 1000

/**
 * One of several classes, by name. Names that the spec does not give are numbered as they first appear, up to its
 * `maxClasses`. The header is the weight of all labels, the last one, and the weight of each class.
 *
 * Snapshot  count of names, names in order
 */
export class MulticlassTask implements ModelTask {
  readonly header: number
  readonly #declared: boolean
  readonly #capacity: number
  readonly #names: string[]
  readonly #codes = new Map<string, number>()
  /** What `code` saw last and did not know. */
  #unknown = ''

  constructor(spec: Pick<LearnerSpec, 'classes' | 'maxClasses'>) {
    this.#capacity = classCapacity(spec)
    if (!(Number.isInteger(this.#capacity) && this.#capacity >= 2 && this.#capacity <= MOST_CLASSES)) {
      throw new MillraceError('ML_RANGE', {
        what: `a model tells 2 to ${MOST_CLASSES} classes apart`,
        got: this.#capacity,
        where: 'maxClasses',
      })
    }
    this.#declared = spec.classes !== undefined
    this.#names = [...(spec.classes ?? [])]
    for (const [code, name] of this.#names.entries()) this.#codes.set(name, code)
    this.header = COUNTS + this.#capacity
  }

  get classes(): readonly string[] {
    return this.#names
  }

  /** A name that is not known yet gets the next number, if it is kept. */
  code(label: unknown, where: string): number {
    const name = nameOf(label, where)
    const known = this.#codes.get(name)
    if (known !== undefined) return known
    if (this.#names.length >= this.#capacity) throw this.#tooMany(name, where)
    this.#unknown = name
    return this.#names.length
  }

  keep(code: number): void {
    if (code < this.#names.length) return
    this.#codes.set(this.#unknown, code)
    this.#names.push(this.#unknown)
  }

  label(code: number): string {
    return this.#names[code]
  }

  prediction(out: Float64Array): MulticlassPrediction {
    const best = this.#best(out)
    const probabilities: { [name: string]: number } = {}
    for (const [code, name] of this.#names.entries()) probabilities[name] = out[code]
    return { label: best < 0 ? null : this.#names[best], probability: best < 0 ? 0 : out[best], probabilities }
  }

  init(page: Float64Array, offset: number): void {
    page.fill(0, offset, offset + this.header)
  }

  count(page: Float64Array, offset: number, code: number, weight: number): void {
    page[offset + ALL] += weight
    page[offset + LAST] = code
    page[offset + COUNTS + code] += weight
  }

  /** The first of the commonest classes; NaN before any label. */
  typical(page: Float64Array, offset: number): number {
    if (page[offset + ALL] === 0) return NaN
    let best = 0
    for (let code = 1; code < this.#names.length; code++) {
      if (page[offset + COUNTS + code] > page[offset + COUNTS + best]) best = code
    }
    return best
  }

  last(page: Float64Array, offset: number): number {
    return page[offset + ALL] === 0 ? NaN : page[offset + LAST]
  }

  baseline(majority: number, last: number): { majority: string | null; last: string | null } {
    return { majority: this.#nameOrNull(majority), last: this.#nameOrNull(last) }
  }

  judged(out: Float64Array, majority: number, last: number, code: number, weight: number): JudgedMulticlass {
    const best = this.#best(out)
    let brier = 0
    for (let k = 0; k < this.#names.length; k++) {
      const off = out[k] - (k === code ? 1 : 0)
      brier += off * off
    }
    return {
      label: this.#names[code],
      predicted: best < 0 ? null : this.#names[best],
      probability: out[code],
      brier,
      confidence: best < 0 ? 0 : out[best],
      weight,
      majority: this.#nameOrNull(majority),
      last: this.#nameOrNull(last),
    }
  }

  snapshot(writer: ByteWriter): void {
    writer.varint(this.#names.length)
    for (const name of this.#names) writer.string(name)
  }

  restore(reader: ByteReader, where: string): void {
    const names = Array.from({ length: reader.varint() }, () => reader.string())
    if (names.length > this.#capacity || new Set(names).size !== names.length) reader.fail('these are no classes')
    if (this.#declared && (names.length !== this.#names.length || names.some((name, i) => name !== this.#names[i]))) {
      throw new MillraceError('ML_OTHER_PLAN', {
        what: 'the stored model knows other classes than the pipeline declares now',
        got: names,
        where,
        remedy: 'Keep the classes and their order, give the model a new name, or start anew with --fresh',
      })
    }
    this.#names.splice(0, this.#names.length, ...names)
    this.#codes.clear()
    for (const [code, name] of names.entries()) this.#codes.set(name, code)
  }

  /** The first of the most probable classes; -1 while none is known. */
  #best(out: Float64Array): number {
    let best = -1
    let most = 0
    for (let code = 0; code < this.#names.length; code++) {
      if (out[code] > most) {
        most = out[code]
        best = code
      }
    }
    return best
  }

  #nameOrNull(code: number): string | null {
    return code === code ? this.#names[code] : null
  }

  #tooMany(name: string, where: string): MillraceError {
    const what = this.#declared
      ? 'the label is none of the declared classes'
      : `there are ${this.#capacity} classes already, the most that the model has room for`
    const remedy = this.#declared ? `Declared are: ${this.#names.join(', ')}` : 'Raise maxClasses, or name the classes'
    return new MillraceError('ML_LABEL', { what, got: name, where, remedy })
  }
}

/** @throws ML_LABEL unless the label is a text, a finite number or a boolean */
function nameOf(label: unknown, where: string): string {
  if (typeof label === 'string') return label
  if (typeof label === 'boolean' || (typeof label === 'number' && label - label === 0)) return String(label)
  throw new MillraceError('ML_LABEL', {
    what: 'the label of a class must be a text, a number or a boolean',
    got: label === undefined ? 'undefined' : label,
    where,
    remedy: 'Give the name of the class in the label function: (r) => r.kind',
  })
}
