/** The models of this library by the names that `millrace eval` knows them by, with the settings each takes. */
import { MillraceError } from '../errors.ts'
import type { FeatureSpec } from '../features/feature-spec.ts'
import { nearestName } from '../formats/nearest-name.ts'
import type { LearnerSpec, Task } from '../learn/learner.ts'
import { alma } from '../learn/margin/alma.ts'
import { arow } from '../learn/margin/arow.ts'
import { passiveAggressive, passiveAggressiveRegression } from '../learn/margin/passive-aggressive.ts'
import { perceptron } from '../learn/margin/perceptron.ts'
import { oneVsRest } from '../learn/one-vs-rest.ts'
import { bayesLinearOf, bayesLogisticOf, naiveBayesOf } from './bayes-models.ts'
import { linearRegressionOf, logisticOf, softmaxOf, svmOf } from './linear-models.ts'
import type { Settings } from './settings.ts'

export interface NamedModel {
  readonly name: string
  readonly spec: LearnerSpec
}

/** What a model of several classes must know beside its inputs. */
interface Wanted {
  readonly inputs: { readonly spec: FeatureSpec }
  readonly task: Task
  readonly maxClasses: number
}

interface Entry {
  readonly tasks: readonly Task[]
  /** Chosen where no model is asked for. */
  readonly byDefault: boolean
  make(wanted: Wanted, settings: Settings): LearnerSpec
}

const catalogue: Readonly<Record<string, Entry>> = {
  linear: {
    tasks: ['regression'],
    byDefault: true,
    make: ({ inputs }, settings) => linearRegressionOf(inputs, settings),
  },
  logistic: {
    tasks: ['binary'],
    byDefault: true,
    make: ({ inputs }, settings) => logisticOf(inputs, settings),
  },
  softmax: {
    tasks: ['multiclass'],
    byDefault: true,
    make: ({ inputs, maxClasses }, settings) => softmaxOf(inputs, maxClasses, settings),
  },
  svm: {
    tasks: ['binary', 'multiclass'],
    byDefault: false,
    make: (wanted, settings) => perClass(wanted, svmOf(wanted.inputs, settings) as LearnerSpec<never, 'binary'>),
  },
  'bayes-linear': {
    tasks: ['regression'],
    byDefault: true,
    make: ({ inputs }, settings) => bayesLinearOf(inputs, settings),
  },
  'bayes-logistic': {
    tasks: ['binary'],
    byDefault: true,
    make: ({ inputs }, settings) => bayesLogisticOf(inputs, settings),
  },
  'naive-bayes': {
    tasks: ['binary', 'multiclass'],
    byDefault: true,
    make: ({ inputs, task, maxClasses }, settings) => naiveBayesOf(inputs, task === 'multiclass', maxClasses, settings),
  },
  'passive-aggressive': {
    tasks: ['binary', 'multiclass', 'regression'],
    byDefault: false,
    make: (wanted, settings) => {
      const options = { inputs: wanted.inputs, ...passiveAggressiveOf(settings), ...scaledOf(settings) }
      if (wanted.task !== 'regression') return perClass(wanted, passiveAggressive(options))
      return passiveAggressiveRegression({ ...options, epsilon: settings.number('epsilon', 0.1) })
    },
  },
  perceptron: {
    tasks: ['binary', 'multiclass'],
    byDefault: false,
    make: (wanted, settings) => perClass(wanted, perceptron({ inputs: wanted.inputs, ...scaledOf(settings) })),
  },
  alma: {
    tasks: ['binary', 'multiclass'],
    byDefault: false,
    make: (wanted, settings) => {
      const { inputs } = wanted
      const standardise = settings.boolean('standardise', true)
      return perClass(wanted, alma({ inputs, alpha: settings.number('alpha', 0.9), standardise }))
    },
  },
  arow: {
    tasks: ['binary', 'multiclass'],
    byDefault: false,
    make: (wanted, settings) =>
      perClass(wanted, arow({ inputs: wanted.inputs, r: settings.number('r', 1), ...scaledOf(settings) })),
  },
}

/** The learner itself, or one for each class. */
function perClass({ task, maxClasses }: Wanted, learner: LearnerSpec<never, 'binary'>): LearnerSpec {
  return task === 'multiclass' ? oneVsRest(learner, { maxClasses: Math.max(2, maxClasses) }) : learner
}

/** Whether every model of these names is for the task; names that are not there are told later. */
export function allFit(names: readonly string[], task: Task): boolean {
  return names.every((name) => !Object.hasOwn(catalogue, name) || catalogue[name].tasks.includes(task))
}

/**
 * The models asked for, or the usual ones of the task.
 *
 * @throws ML_PARAM for names that are not there, models of another task, settings that none takes
 */
export function modelsOf(names: readonly string[], wanted: Wanted, settings: Settings): NamedModel[] {
  const fitting = Object.keys(catalogue).filter((name) => catalogue[name].tasks.includes(wanted.task))
  const chosen = names.length > 0 ? names : fitting.filter((name) => catalogue[name].byDefault)
  const models = chosen.map((name) => {
    const entry = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined
    if (entry === undefined) throw unknownModel(name, fitting)
    if (!entry.tasks.includes(wanted.task)) throw otherTask(name, wanted.task, fitting)
    return { name, spec: entry.make(wanted, settings.of(name)) }
  })
  if (models.length === 0) throw noModel(wanted.task)
  settings.expectAllUsed()
  return models
}

function passiveAggressiveOf(settings: Settings): {
  variant: 'I' | 'II' | 'hard'
  aggressiveness: number
} {
  const variant = settings.choice('variant', ['I', 'II', 'hard'] as const, 'I')
  return { variant, aggressiveness: variant === 'hard' ? 1 : settings.number('aggressiveness', 1) }
}

function scaledOf(settings: Settings): { standardise: boolean; intercept: boolean } {
  return { standardise: settings.boolean('standardise', true), intercept: settings.boolean('intercept', true) }
}

function noModel(task: Task): MillraceError {
  return new MillraceError('ML_PARAM', { what: `there is no model for the task ${task}`, where: '--task' })
}

function unknownModel(name: string, fitting: readonly string[]): MillraceError {
  const near = nearestName(name, Object.keys(catalogue))
  const hint = near === undefined ? '' : `Did you mean "${near}"? `
  return new MillraceError('ML_PARAM', {
    what: 'there is no model of this name',
    got: name,
    where: '--model',
    remedy: `${hint}For this task there are ${fitting.join(', ')}`,
  })
}

function otherTask(name: string, task: Task, fitting: readonly string[]): MillraceError {
  return new MillraceError('ML_PARAM', {
    what: `the model is for ${catalogue[name].tasks.join(' and ')}, and the task is ${task}`,
    got: name,
    where: '--model',
    remedy: `Choose among ${fitting.join(', ')}, or another --task`,
  })
}
