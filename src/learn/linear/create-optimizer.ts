import { MillraceError } from '../../errors.ts'
import { activeCapacity, type FeatureSpec } from '../../features/feature-spec.ts'
import { AdaGradRule } from './adagrad.ts'
import { AdamRule } from './adam.ts'
import { ClipStep } from './clip-step.ts'
import { CumulativeL1 } from './cumulative-l1.ts'
import { FtrlRule } from './ftrl.ts'
import { GradientRule } from './gradient-rule.ts'
import { ImportanceAware } from './importance-aware.ts'
import type { Loss } from './loss.ts'
import { MomentumRule } from './momentum.ts'
import { Normalized } from './normalized.ts'
import type { Optimizer, OptimizerSpec } from './optimizer.ts'
import { RmsPropRule } from './rms-prop.ts'
import type { Rule } from './rule.ts'
import { RuleOptimizer } from './rule-optimizer.ts'
import { Schedule } from './schedule.ts'
import { Sgd } from './sgd.ts'

/** What decides how weights move: common to the specs of all linear models. */
export interface Descent {
  readonly inputs: FeatureSpec
  readonly optimizer: OptimizerSpec
  readonly l1?: number
  readonly l2: number
  readonly clipStep?: number
  readonly interceptRate?: number
}

/** The optimizer of a model with one score. */
export function createOptimizer(spec: Descent, loss: Loss): Optimizer {
  const { optimizer, inputs, l2, interceptRate } = spec
  const dense = inputs.numeric.length
  if (optimizer.kind === 'normalized') return new Normalized(optimizer.rate, loss, dense, activeCapacity(inputs))
  if (optimizer.kind === 'importanceAware') return new ImportanceAware(optimizer.rate, loss)
  if (isPlain(spec)) return new Sgd(scheduleOf(optimizer), l2, interceptRate)
  return new RuleOptimizer(createRule(spec), l2, dense, interceptRate)
}

/** The rule by which each weight moves, with the penalty and the limit that the spec asks for. */
export function createRule({ optimizer, l1 = 0, clipStep }: Descent): Rule {
  const rule = bareRule(optimizer)
  const penalised = l1 > 0 ? new CumulativeL1(rule, l1) : rule
  return clipStep === undefined ? penalised : new ClipStep(penalised, clipStep)
}

/** Gradient descent without anything that looks at single weights but l2. */
export function isPlain({ optimizer, l1 = 0, clipStep }: Descent): boolean {
  return (optimizer.kind === 'sgd' || optimizer.kind === 'invScaling') && l1 === 0 && clipStep === undefined
}

export function scheduleOf(optimizer: OptimizerSpec): Schedule {
  return new Schedule(optimizer.rate, optimizer.kind === 'invScaling' ? optimizer.power : 0)
}

function bareRule(optimizer: OptimizerSpec): Rule {
  switch (optimizer.kind) {
    case 'sgd':
    case 'invScaling':
      return new GradientRule(scheduleOf(optimizer))
    case 'momentum':
      return new MomentumRule(optimizer.rate, optimizer.rho, optimizer.nesterov)
    case 'adagrad':
      return new AdaGradRule(optimizer.rate)
    case 'rmsProp':
      return new RmsPropRule(optimizer.rate, optimizer.rho)
    case 'adam':
      return new AdamRule(optimizer.rate, optimizer.beta1, optimizer.beta2)
    case 'ftrl':
      return new FtrlRule(optimizer.rate, optimizer.beta, optimizer.l1, optimizer.l2)
    default:
      throw new MillraceError('ML_PLAN', {
        what: 'this optimizer moves the weights of one score, not those of several classes',
        got: optimizer.kind,
        where: 'learner',
        remedy: 'Take sgd, invScaling, momentum, adagrad, rmsProp, adam or ftrl',
      })
  }
}
