/** What the learner suite works with: a stream that is the same on every run, and models somewhere in a page. */
import { ByteWriter } from '../bytes/writer.ts'
import type { FeatureSpec } from '../features/feature-spec.ts'
import { FeatureVector } from '../features/feature-vector.ts'
import { createLearner } from '../learn/create-learner.ts'
import type { Learner, LearnerSpec, SlotWeights, Task } from '../learn/learner.ts'
import { demand } from './contract-check.ts'

export interface LearnerSubject {
  /** For titles: `logistic, sgd(0.1)`. */
  readonly name: string
  /** The spec over these inputs: three numeric ones and two dictionaries. Of several classes: at least three. */
  spec(inputs: { readonly spec: FeatureSpec }): LearnerSpec
  /** The learner of a spec, where a pipeline would not make it of the spec alone. */
  create?(spec: LearnerSpec): Learner
  /** Checks that do not apply, by a part of their title, with the reason. */
  readonly skip?: { readonly [title: string]: string }
}

/** Slots of the models: three numeric ones, five of a dictionary. */
export const SLOTS = 8

export interface LearnRecord {
  readonly x: FeatureVector
  /** As the task codes it. */
  readonly y: number
  readonly weight: number
}

/** A model of the subject, somewhere in a page. */
export class TrialModel {
  readonly learner: Learner
  readonly size: number
  readonly page: Float64Array
  readonly offset: number
  readonly out: Float64Array

  constructor(subject: LearnerSubject, offset = 3, slots = SLOTS) {
    this.learner = learnerOf(subject)
    this.size = this.learner.size(slots)
    this.offset = offset
    this.page = new Float64Array(offset + this.size + 4)
    this.out = new Float64Array(this.learner.outputs)
    this.learner.init(this.page, offset, slots)
  }

  /** The prediction, in an array that the next one writes over. */
  predict(x: FeatureVector): Float64Array {
    this.learner.predictOne(this.page, this.offset, x, this.out)
    return this.out
  }

  learn({ x, y, weight }: LearnRecord): void {
    this.learner.learnOne(this.page, this.offset, x, y, weight)
  }

  test({ x, y, weight }: LearnRecord): Float64Array {
    this.learner.testThenTrain(this.page, this.offset, x, y, weight, this.out)
    return this.out
  }

  learnAll(records: readonly LearnRecord[]): this {
    for (const record of records) this.learn(record)
    return this
  }

  bytes(): Uint8Array {
    return bytesOf(this.page, this.offset, this.size)
  }
}

export function specOf(subject: LearnerSubject, names: readonly string[] = ['a', 'b', 'c']): LearnerSpec {
  const numeric = names.map((name) => ({ name, nullable: true, max: 1e15 }))
  const of = [{ from: 'text', field: 'd', nullable: true }] as const
  const categorical = [
    { name: 'd', of, storage: { by: 'dictionary', max: 100 } },
    { name: 'e', of, storage: { by: 'dictionary', max: 100 } },
  ] as const
  return subject.spec({ spec: { version: 1, numeric, categorical } })
}

export function learnerOf(subject: LearnerSubject, names?: readonly string[]): Learner {
  const spec = specOf(subject, names)
  return subject.create?.(spec) ?? createLearner(spec)
}

export function vectorOf(dense: readonly number[], active: readonly number[]): FeatureVector {
  const x = new FeatureVector(3, 2)
  dense.forEach((value, slot) => {
    x.setDense(slot, value)
  })
  for (const slot of active) x.activate(slot)
  return x
}

/** Numbers in [0, 1) that are the same on every run; good enough to make up records. */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state >>> 8) / 16777216
  }
}

/** Two numeric inputs and a category decide, the third input is noise; some inputs are missing. */
function streamOf(code: (score: number) => number): readonly LearnRecord[] {
  const random = randomNumbers(7)
  return Array.from({ length: 2000 }, () => {
    const category = Math.floor(random() * 5)
    const [a, b, c] = [random() - 0.5, 3 * random() - 1.5, 2 * random()]
    const x = vectorOf([a, b, c], [3 + category])
    if (random() < 0.05) x.setDense(Math.floor(random() * 3), NaN)
    const y = code(2 * a + b + (category - 2) + 0.5 * (random() - 0.5))
    return { x, y, weight: random() < 0.1 ? 3 : 1 }
  })
}

/** The same records, labelled by the sign, by two thresholds, by the number itself. */
export const streams: { readonly [K in Task]: readonly LearnRecord[] } = {
  binary: streamOf((score) => (score > 0 ? 1 : 0)),
  multiclass: streamOf((score) => (score < -1 ? 0 : score < 1 ? 1 : 2)),
  regression: streamOf((score) => score),
}

export function otherLabel(task: Task, y: number): number {
  return task === 'regression' ? -y : task === 'multiclass' ? (y + 1) % 3 : 1 - y
}

/** The label that a prediction says. */
export function labelOf(task: Task, out: Float64Array): number {
  if (task === 'regression') return out[0]
  if (task === 'binary') return out[0] > 0.5 ? 1 : 0
  return out.indexOf(out.reduce((most, p) => Math.max(most, p), 0))
}

export function isPrediction(task: Task, out: Float64Array, { outputs, uncertain }: Learner): boolean {
  if (out.length !== outputs || !out.every((value) => value - value === 0)) return false
  if (task === 'multiclass') {
    const sum = out.reduce((total, p) => total + p, 0)
    return out.every((p) => p >= 0 && p <= 1) && (sum === 0 || Math.abs(sum - 1) < 1e-9)
  }
  if (task === 'binary') {
    const inside = !uncertain || (out[1] >= 0 && out[1] <= out[0] && out[0] <= out[2] && out[2] <= 1)
    return outputs === (uncertain ? 3 : 1) && out[0] >= 0 && out[0] <= 1 && inside
  }
  const inside = !uncertain || (out[1] >= 0 && out[2] <= out[0] && out[0] <= out[3])
  return outputs === (uncertain ? 4 : 1) && inside
}

/** Both lists of weights, set by set. */
export function eachSet(
  was: readonly SlotWeights[] | undefined,
  is: readonly SlotWeights[] | undefined,
  look: (was: SlotWeights, is: SlotWeights) => void,
): void {
  demand(was?.length === is?.length, 'there are as many sets of weights')
  was?.forEach((set, i) => {
    look(set, (is as readonly SlotWeights[])[i])
  })
}

export function sameBits(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]))
}

export function bytesOf(page: Float64Array, offset: number, size: number): Uint8Array {
  const writer = new ByteWriter(8 * size)
  writer.f64s(page, offset, offset + size)
  return writer.finish()
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
