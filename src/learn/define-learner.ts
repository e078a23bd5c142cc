import { isError, MillraceError } from '../errors.ts'
import type { FeatureSpec } from '../features/feature-spec.ts'
import { type ClassOptions, checkedClasses } from './class-options.ts'
import { CREATE, type CreateLearner, isKnownLearner } from './create-learner.ts'
import type { Task } from './learner.ts'
import type { LayoutDefinition, OwnOptions, OwnSpec, WholeDefinition } from './own/definition.ts'
import { OwnLearner } from './own/own-learner.ts'
import { checkDefaults, ownOptions } from './own/own-options.ts'

/** What an own learner is given in a pipeline: inputs, its own options, and classes where labels are classes. */
export type OwnLearnerOptions<T, K extends Task, O extends OwnOptions> = {
  /** What the model sees: `features(schema)...`. */
  readonly inputs: { readonly spec: FeatureSpec<T> }
} & Partial<O> &
  (K extends 'multiclass' ? ClassOptions : unknown)

/** Makes specs of an own learner, as `logistic` makes those of logistic regression. */
export type DefinedLearner<K extends Task, O extends OwnOptions> = <T>(
  options: OwnLearnerOptions<T, K, O>,
) => OwnSpec<T, K, O>

/**
 * A learner of your own, with the rights of the library's: its models lie in the same slabs, one for a stream or one for
 * each key; they are in checkpoints and savepoints, follow edits of the features, and run on both engines and on Flink.
 *
 * State how many doubles a model has, and how they predict and learn; Millrace does the rest. Learning is atomic: when
 * `learnOne` throws, or leaves a number that is not finite, the model is put back and the record rejected, with the message.
 *
 * Cost      beside your functions: a copy and a look at each double of the model for each record learned, about 2 ns a double;
 *           of the record's inputs alone with `writes: 'present'`
 * @param definition `header` and `perSlot` doubles with their functions; or `create`, which gives a whole `Learner`
 * @throws ML_PLAN for a definition that is incomplete or has the name of one of the library's
 * @example
 * // Predicts a running mean that forgets, whatever the inputs are.
 * const fading = defineLearner({
 *   kind: 'fading-mean',
 *   task: 'regression',
 *   options: { rate: 0.1 },
 *   header: 1,
 *   predictOne({ row }, _x, out) {
 *     out[0] = row[0]
 *   },
 *   learnOne({ row, options }, _x, y) {
 *     row[0] += options.rate * (y - row[0])
 *   },
 * })
 * const model = fading({ inputs, rate: 0.3 })
 * @see docs/own-learner.md; examples/own-learner.ts
 */
export function defineLearner<K extends Task, O extends OwnOptions = object>(
  definition: LayoutDefinition<K, O> | WholeDefinition<K, O>,
): DefinedLearner<K, O> {
  checkDefinition(definition)
  const { kind, task, version = 1, options: defaults = {} as O } = definition
  const where = `learner "${kind}"`
  const create: CreateLearner = (spec, settings) =>
    'create' in definition
      ? definition.create(spec as unknown as OwnSpec<never, K, O>, settings)
      : new OwnLearner(definition as unknown as LayoutDefinition<Task, OwnOptions>, spec as unknown as OwnSpec)
  return <T>(given: OwnLearnerOptions<T, K, O>) => {
    const { inputs, classes, maxClasses } = given as { inputs?: { spec?: FeatureSpec } } & ClassOptions
    if (inputs?.spec === undefined) {
      const remedy = `Give ${kind}({ inputs }) with inputs from features(schema)`
      throw new MillraceError('ML_PLAN', { what: 'a learner needs its inputs', got: inputs, where, remedy })
    }
    const options = ownOptions(defaults, given, where)
    checkOptions(definition, options, where)
    const several = task === 'multiclass' ? checkedClasses({ classes, maxClasses }, where) : {}
    const spec = { kind, task, inputs: inputs.spec, ...several, version, options, [CREATE]: create }
    return spec as unknown as OwnSpec<T, K, O>
  }
}

type AnyDefinition = LayoutDefinition<Task, OwnOptions> & Partial<WholeDefinition<Task, OwnOptions>>

const NAMED = ['kind', 'task', 'version', 'options', 'checkOptions']
const FUNCTIONS = ['initHeader', 'initSlot', 'predictOne', 'learnOne', 'weights', 'check', 'mergeWith']
const LAYOUT = [...NAMED, ...FUNCTIONS, 'header', 'perSlot', 'merge', 'uncertain', 'writes']

function checkDefinition(definition: unknown): void {
  const { kind, task, version = 1, options = {}, ...rest } = (definition ?? {}) as AnyDefinition
  const named = typeof kind === 'string' ? `learner "${kind}"` : 'defineLearner'
  const wrong = (what: string, got: unknown, remedy: string): never => {
    throw new MillraceError('ML_PLAN', { what, got: got === undefined ? 'undefined' : got, where: named, remedy })
  }
  if (typeof kind !== 'string' || !/^[A-Za-z][A-Za-z0-9-]*$/.test(kind)) {
    wrong('the kind of a learner must be a name', kind, "Letters, digits and hyphens: kind: 'nearest-centroid'")
  }
  if (isKnownLearner(kind)) wrong('there is a learner of this kind in the library', kind, 'Choose another name')
  if (task !== 'binary' && task !== 'regression' && task !== 'multiclass') {
    wrong('the task of a learner must be one of three', task, "Give task: 'binary', 'regression' or 'multiclass'")
  }
  if (!Number.isInteger(version) || version < 1)
    wrong('version must be a whole number from 1 on', version, 'Begin with 1')
  checkDefaults(options, named)
  const whole = rest.create !== undefined
  const known = whole ? [...NAMED, 'create'] : LAYOUT
  const unknown = Object.keys(rest).find((name) => !known.includes(name))
  if (unknown !== undefined) wrong('a learner has no such part', unknown, `Known are: ${known.join(', ')}`)
  const functions = whole ? ['create'] : ['predictOne', 'learnOne', ...FUNCTIONS.filter((name) => name in rest)]
  for (const name of functions) {
    const part = (rest as unknown as Record<string, unknown>)[name]
    if (typeof part !== 'function') wrong(`${name} must be a function`, part, `See docs/own-learner.md for ${name}`)
  }
  if (!whole) checkLayout(rest, task, wrong)
}

function checkLayout(
  { header, perSlot, merge, mergeWith, uncertain, writes }: Partial<AnyDefinition>,
  task: Task,
  wrong: (what: string, got: unknown, remedy: string) => never,
): void {
  for (const [name, doubles] of Object.entries({ header, perSlot })) {
    const right = doubles === undefined || typeof doubles === 'function' || (Number.isInteger(doubles) && doubles >= 0)
    if (!right) wrong(`${name} must be a whole number of doubles`, doubles, `Give ${name}: 2, or a function of options`)
  }
  if (header === undefined && perSlot === undefined) {
    wrong('a model has no doubles', undefined, 'Say how many: header for all inputs together, perSlot for each of them')
  }
  if (
    (merge !== undefined) !== (mergeWith !== undefined) ||
    (merge !== undefined && !/^(?:exact|average)$/.test(merge))
  ) {
    wrong('merge and mergeWith come together', merge, "Give merge: 'exact' or 'average' with mergeWith, or neither")
  }
  if (uncertain === true && task === 'multiclass') {
    wrong('predictions of several classes have no interval', uncertain, 'Leave uncertain out')
  }
  if (writes !== undefined && writes !== 'all' && writes !== 'present') {
    wrong("writes must be 'all' or 'present'", writes, "Leave it out unless learnOne writes the record's inputs only")
  }
}

function checkOptions<K extends Task, O extends OwnOptions>(
  definition: LayoutDefinition<K, O> | WholeDefinition<K, O>,
  options: O,
  where: string,
): void {
  try {
    definition.checkOptions?.(options)
  } catch (cause) {
    const what = isError(cause) ? cause.message : String(cause)
    throw new MillraceError('ML_RANGE', { what, got: options, where, cause })
  }
}
