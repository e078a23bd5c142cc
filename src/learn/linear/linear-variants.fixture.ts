/** Linear learners with one score, one of every kind of loss, optimizer, penalty and limit: for tests. */
import type { FeatureSpec } from '../../features/feature-spec.ts'
import { adagrad } from './adagrad.ts'
import { adam } from './adam.ts'
import { ftrl } from './ftrl.ts'
import { importanceAware } from './importance-aware.ts'
import { invScaling } from './inv-scaling.ts'
import { linear } from './linear.ts'
import type { OneScoreSpec } from './linear-learner.ts'
import type { LinearOptions } from './linear-options.ts'
import { logistic } from './logistic.ts'
import { hinge, huber, poisson, quantile, squared, squaredHinge } from './losses.ts'
import { momentum } from './momentum.ts'
import { normalized } from './normalized.ts'
import { rmsProp } from './rms-prop.ts'
import { sgd } from './sgd.ts'
import { svm } from './svm.ts'

export type Variant = Omit<LinearOptions<never>, 'inputs'>
type Make = (inputs: { readonly spec: FeatureSpec }) => unknown

const log =
  (options: Variant): Make =>
  (inputs) =>
    logistic({ inputs, ...options })
const number = (loss: Parameters<typeof linear>[0]['loss'], options: Variant): Make => {
  return (inputs) => linear({ inputs, loss, ...options })
}
const margin = (loss: Parameters<typeof svm>[0]['loss'], options: Variant): Make => {
  return (inputs) => svm({ inputs, loss, ...options })
}

const makers: Record<string, Make> = {
  'logistic sgd(0.1)': log({ optimizer: sgd(0.1) }),
  'logistic sgd(0.01), not standardised': log({ optimizer: sgd(0.01), standardise: false }),
  'logistic sgd(0.1), l2, no intercept': log({ optimizer: sgd(0.1), l2: 0.01, intercept: false }),
  'logistic sgd(0.1), l1': log({ optimizer: sgd(0.1), l1: 0.002 }),
  'logistic sgd(0.1), clipped gradient': log({ optimizer: sgd(0.1), clipGradient: 0.6 }),
  'logistic sgd(0.1), clipped step': log({ optimizer: sgd(0.1), clipStep: 0.02 }),
  'logistic sgd(0.1), not standardised, no intercept': log({
    optimizer: sgd(0.1),
    standardise: false,
    intercept: false,
  }),
  'logistic invScaling(0.5)': log({ optimizer: invScaling(0.5) }),
  'logistic invScaling(0.5, 0.25), l2': log({ optimizer: invScaling(0.5, 0.25), l2: 0.001 }),
  'logistic invScaling(0.5), l1, not standardised': log({ optimizer: invScaling(0.5), l1: 0.001, standardise: false }),
  'logistic sgd(0.1), intercept 0.01': log({ optimizer: sgd(0.1), interceptRate: 0.01 }),
  'logistic adam(0.05), intercept 0.01': log({ optimizer: adam(0.05), interceptRate: 0.01 }),
  'linear sgd(0.01), intercept 0.1': number(squared(), { optimizer: sgd(0.01), interceptRate: 0.1 }),
  'logistic momentum(0.02)': log({ optimizer: momentum(0.02) }),
  'logistic momentum(0.02), nesterov, l2': log({ optimizer: momentum(0.02, { rho: 0.8, nesterov: true }), l2: 0.001 }),
  'logistic adagrad(0.3)': log({ optimizer: adagrad(0.3) }),
  'logistic adagrad(0.3), l2, not standardised': log({ optimizer: adagrad(0.3), l2: 0.01, standardise: false }),
  'logistic adagrad(0.3), l1': log({ optimizer: adagrad(0.3), l1: 0.001 }),
  'logistic rmsProp(0.05)': log({ optimizer: rmsProp(0.05) }),
  'logistic adam(0.05)': log({ optimizer: adam(0.05) }),
  'logistic adam(0.05), l1, clipped step': log({ optimizer: adam(0.05), l1: 0.001, clipStep: 0.03 }),
  'logistic ftrl(0.5)': log({ optimizer: ftrl(0.5) }),
  'logistic ftrl(0.5), l1 and l2': log({ optimizer: ftrl(0.5, { beta: 0.1, l1: 0.5, l2: 0.1 }) }),
  'logistic normalized(0.5)': log({ optimizer: normalized(0.5) }),
  'logistic normalized(0.5), not standardised': log({ optimizer: normalized(0.5), standardise: false }),
  'logistic normalized(2), no intercept': log({ optimizer: normalized(2), intercept: false }),
  'logistic importanceAware(0.5)': log({ optimizer: importanceAware(0.5) }),
  'svm sgd(0.05)': margin(hinge(), { optimizer: sgd(0.05) }),
  'svm squared hinge, sgd(0.05)': margin(squaredHinge(), { optimizer: sgd(0.05) }),
  'svm invScaling, l2': margin(hinge(), { optimizer: invScaling(1, 0.5), l2: 0.001 }),
  'svm squared hinge, momentum(0.01), not standardised': margin(squaredHinge(), {
    optimizer: momentum(0.01),
    standardise: false,
  }),
  'svm ftrl(0.5), l1': margin(hinge(), { optimizer: ftrl(0.5, { l1: 0.1 }) }),
  'svm normalized(0.5)': margin(hinge(), { optimizer: normalized(0.5), standardise: false }),
  'svm squared hinge, normalized(0.5)': margin(squaredHinge(), { optimizer: normalized(0.5), standardise: false }),
  'svm importanceAware(0.5)': margin(hinge(), { optimizer: importanceAware(0.5) }),
  'svm squared hinge, importanceAware(0.5)': margin(squaredHinge(), { optimizer: importanceAware(0.5) }),
  'linear sgd(0.01)': number(squared(), { optimizer: sgd(0.01) }),
  'linear sgd(0.1)': number(squared(), { optimizer: sgd(0.1) }),
  'linear sgd(0.05), not standardised': number(squared(), { optimizer: sgd(0.05), standardise: false }),
  'linear sgd(0.05), l1': number(squared(), { optimizer: sgd(0.05), l1: 0.01 }),
  'linear sgd(0.05), l2, clipped': number(squared(), { optimizer: sgd(0.05), l2: 0.01, clipGradient: 5, clipStep: 1 }),
  'linear invScaling(0.2)': number(squared(), { optimizer: invScaling(0.2) }),
  'linear momentum(0.01)': number(squared(), { optimizer: momentum(0.01) }),
  'linear adagrad(0.3)': number(squared(), { optimizer: adagrad(0.3) }),
  'linear rmsProp(0.05)': number(squared(), { optimizer: rmsProp(0.05) }),
  'linear adam(0.05)': number(squared(), { optimizer: adam(0.05) }),
  'linear ftrl(0.5)': number(squared(), { optimizer: ftrl(0.5, { l1: 0.1 }) }),
  'linear normalized(0.5)': number(squared(), { optimizer: normalized(0.5), standardise: false }),
  'linear importanceAware(0.1)': number(squared(), { optimizer: importanceAware(0.1) }),
  'huber(0.5) sgd(0.05)': number(huber(0.5), { optimizer: sgd(0.05) }),
  'huber(0.5) normalized(0.5)': number(huber(0.5), { optimizer: normalized(0.5), standardise: false }),
  'huber(1) importanceAware(0.1)': number(huber(1), { optimizer: importanceAware(0.1) }),
  'quantile(0.5) sgd(0.1)': number(quantile(0.5), { optimizer: sgd(0.1) }),
  'quantile(0.3) adagrad(0.3)': number(quantile(0.3), { optimizer: adagrad(0.3) }),
  'quantile(0.5) normalized(0.5)': number(quantile(0.5), { optimizer: normalized(0.5), standardise: false }),
  'quantile(0.5) importanceAware(0.2)': number(quantile(0.5), { optimizer: importanceAware(0.2) }),
  'poisson sgd(0.02)': number(poisson(), { optimizer: sgd(0.02) }),
  'poisson adam(0.05)': number(poisson(), { optimizer: adam(0.05) }),
  'poisson normalized(0.5)': number(poisson(), { optimizer: normalized(0.5), standardise: false }),
  'poisson importanceAware(0.1)': number(poisson(), { optimizer: importanceAware(0.1) }),
}

export const linearVariants = Object.entries(makers).map(([name, make]) => ({
  name,
  spec: (inputs: { readonly spec: FeatureSpec }) => make(inputs) as OneScoreSpec,
}))

/** A count of a number near 0: its exponential; of others the size, so that what is no number stays none. */
export function countOf(y: number): number {
  return y > -30 && y < 30 ? Math.exp(y / 2) : Math.abs(y)
}
