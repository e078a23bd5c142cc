import type { FeatureSpec } from '../../features/feature-spec.ts'
import type { LearnerSpec } from '../learner.ts'
import { refuse } from './options.ts'

export interface NaiveBayesOptions<T> {
  /** What the model sees: `features(schema)...`. */
  readonly inputs: { readonly spec: FeatureSpec<T> }
  /** Records that every category and class is taken to have been seen with beforehand, 1e-9 to 1e6; 1 by default. */
  readonly smoothing?: number
}

export interface NaiveBayesClassOptions<T> extends NaiveBayesOptions<T> {
  /** The names of the classes, where they are known. */
  readonly classes?: readonly string[]
  /** How many classes there may be, 2 to 1000. */
  readonly maxClasses?: number
}

export interface NaiveBayesSpec<T = never, K extends 'binary' | 'multiclass' = 'binary' | 'multiclass'>
  extends LearnerSpec<T, K> {
  readonly kind: 'naiveBayes'
  readonly smoothing: number
}

/**
 * Naive Bayes: the classes' probabilities by Bayes' rule, as if inputs were independent within a class. Numeric inputs are
 * normal in each class, with a mean and a variance of their own; of a category it is counted how often it comes with each class.
 *
 * Two classes, true and false; or several, where `classes` or `maxClasses` is given. Probabilities are products, taken in
 * logarithms, so they neither underflow nor stop at 0; correlated inputs make them surer than they should be.
 *
 * Input     numeric inputs as they are; an active slot as often as its value says, as words of a text; a missing numeric
 *           input takes no part, in learning or in predicting, and neither does a slot that no class has met
 * Numbers   variance (Σ(x − mean)² + s·v) / (n − 1 + s) by Welford's method, v that of all classes: as if s records more
 *           had been seen that vary as all do, so that a class is not sure of an input that it has met once, or always the
 *           same. With a chance of 1e-9 a value says nothing of the class, and comes as among all records. An input that
 *           has always been the same says nothing. Zeros and ones are not normal: make them categories
 * Smoothing P(class) = (n + s) / (N + K s) for K classes seen (two where there are two);
 *           P(slot | class) = (n + s) / (N + M s), N the count of all slots in the class, M the slots met
 * Cost      8 numeric inputs and 2 classes: about 0.5 µs a record; 3 (K + 1) doubles a numeric input, K a slot
 * Merge     exact: as if one model had learned all, but for rounding
 * Order     insensitive but for rounding; same records give identical bits
 * Snapshot  v1: the model's doubles, see naive-bayes-learner.ts
 * @throws ML_RANGE for an option out of its range
 * @example naiveBayes({ inputs: features(Iris).numeric('petalLength'), maxClasses: 3 })
 * @see John & Langley 1995. Differs from MOA 2024.07 `bayes.NaiveBayes`, where a class that has met an input with one value
 *      only is ruled out by any other (electricity: 0.73402 here, 0.73354 there), and from River 0.26.1
 *      `naive_bayes.GaussianNB`, which adds 1e-9 to each density (0.72875)
 */
export function naiveBayes<T>(options: NaiveBayesOptions<T>): NaiveBayesSpec<T, 'binary'>
export function naiveBayes<T>(options: NaiveBayesClassOptions<T>): NaiveBayesSpec<T, 'multiclass'>
export function naiveBayes<T>(options: NaiveBayesClassOptions<T>): NaiveBayesSpec<T> {
  const { inputs, smoothing = 1, classes, maxClasses } = options
  refuse('smoothing', smoothing, smoothing >= 1e-9 && smoothing <= 1e6, '1e-9 to 1e6', 'naiveBayes')
  const common = { kind: 'naiveBayes', inputs: inputs.spec, smoothing } as const
  if (classes !== undefined) {
    const right = classes.length >= 2 && classes.length <= 1000 && new Set(classes).size === classes.length
    refuse('classes', classes.length, right, '2 to 1000 different names', 'naiveBayes')
    return { ...common, task: 'multiclass', classes }
  }
  if (maxClasses === undefined) return { ...common, task: 'binary' }
  const right = Number.isInteger(maxClasses) && maxClasses >= 2 && maxClasses <= 1000
  refuse('maxClasses', maxClasses, right, 'an integer from 2 to 1000', 'naiveBayes')
  return { ...common, task: 'multiclass', maxClasses }
}
