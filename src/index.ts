/** Millrace: pipelines, schemas, features and learners. Pure ECMAScript: the same on every engine. */
export { type ErrorClass, type ErrorCode, isMillraceError, MillraceError } from './errors.ts'
export type { FeatureVector } from './features/feature-vector.ts'
export { type Features, features } from './features/features.ts'
export { forEachInput } from './features/for-each-input.ts'
export {
  boolean,
  type Infer,
  integer,
  number,
  type RecordSchema,
  record,
  string,
  time,
} from './formats/schema.ts'
export {
  type BayesLinearOptions,
  type BayesLinearSpec,
  bayesLinear,
  type NoiseOptions,
} from './learn/bayes/bayes-linear.ts'
export { type BayesLogisticSpec, bayesLogistic } from './learn/bayes/bayes-logistic.ts'
export {
  type NaiveBayesClassOptions,
  type NaiveBayesOptions,
  type NaiveBayesSpec,
  naiveBayes,
} from './learn/bayes/naive-bayes.ts'
export type { BayesOptions, Covariance } from './learn/bayes/options.ts'
export type { PriorOptions } from './learn/bayes/prior.ts'
export { readPosterior } from './learn/bayes/read-posterior.ts'
export { type DefinedLearner, defineLearner } from './learn/define-learner.ts'
export type { Learner, LearnerSpec, PosteriorState, SlotWeights, Task } from './learn/learner.ts'
export { adagrad } from './learn/linear/adagrad.ts'
export { type AdamOptions, adam } from './learn/linear/adam.ts'
export { type FtrlOptions, ftrl } from './learn/linear/ftrl.ts'
export { importanceAware } from './learn/linear/importance-aware.ts'
export { invScaling } from './learn/linear/inv-scaling.ts'
export { linear, type RegressionOptions, type RegressionSpec } from './learn/linear/linear.ts'
export type { LinearOptions } from './learn/linear/linear-options.ts'
export { type LogisticSpec, logistic } from './learn/linear/logistic.ts'
export { hinge, huber, poisson, quantile, squared, squaredHinge } from './learn/linear/losses.ts'
export { type MomentumOptions, momentum } from './learn/linear/momentum.ts'
export { normalized } from './learn/linear/normalized.ts'
export { rmsProp } from './learn/linear/rms-prop.ts'
export { sgd } from './learn/linear/sgd.ts'
export { type SoftmaxOptions, type SoftmaxSpec, softmax } from './learn/linear/softmax.ts'
export { type SvmOptions, type SvmSpec, svm } from './learn/linear/svm.ts'
export { type AlmaSpec, alma } from './learn/margin/alma.ts'
export { type ArowSpec, arow } from './learn/margin/arow.ts'
export {
  type PassiveAggressiveRegressionSpec,
  type PassiveAggressiveSpec,
  passiveAggressive,
  passiveAggressiveRegression,
} from './learn/margin/passive-aggressive.ts'
export { type PerceptronSpec, perceptron } from './learn/margin/perceptron.ts'
export { Model, model, type ProbabilitiesOf } from './learn/model.ts'
export type { ModelWeights, NamedWeights } from './learn/named-weights.ts'
export { oneVsRest } from './learn/one-vs-rest.ts'
export type { OneVsRestSpec } from './learn/one-vs-rest-learner.ts'
export type { LayoutDefinition, OwnSpec, WholeDefinition } from './learn/own/definition.ts'
export type { ModelView } from './learn/own/model-view.ts'
export type { StopOptions } from './learn/stop.ts'
export { stopWhen } from './learn/stop-when.ts'
export type { BinaryPrediction, MulticlassPrediction, RegressionPrediction } from './learn/tasks/prediction.ts'
export { type Composition, compose } from './learn/transform/compose.ts'
export { imputer } from './learn/transform/imputer.ts'
export { minMax } from './learn/transform/min-max.ts'
export { interactions, polynomial } from './learn/transform/products.ts'
export { randomFourier } from './learn/transform/random-fourier.ts'
export { robustScaler } from './learn/transform/robust-scaler.ts'
export { standardScaler } from './learn/transform/standard-scaler.ts'
export { targetEncoding } from './learn/transform/target-encoding.ts'
export { tfidf } from './learn/transform/tfidf.ts'
export { Baselines } from './metrics/baselines.ts'
export type { BinaryOutcome } from './metrics/binary-outcome.ts'
export {
  BinaryQuality,
  binaryQuality,
  FadedBinaryQuality,
  TumblingBinaryQuality,
  WindowedBinaryQuality,
} from './metrics/binary-quality.ts'
export type { BinaryReport } from './metrics/binary-report.ts'
export type { MulticlassOutcome } from './metrics/multiclass-outcome.ts'
export {
  FadedMulticlassQuality,
  MulticlassQuality,
  multiclassQuality,
  TumblingMulticlassQuality,
  WindowedMulticlassQuality,
} from './metrics/multiclass-quality.ts'
export type { ClassReport, MulticlassReport } from './metrics/multiclass-report.ts'
export type { Quality, QualityKind, QualityWindow, Tumbling } from './metrics/quality.ts'
export type { RegressionOutcome } from './metrics/regression-outcome.ts'
export {
  FadedRegressionQuality,
  quantileQuality,
  RegressionQuality,
  regressionQuality,
  TumblingRegressionQuality,
  WindowedRegressionQuality,
} from './metrics/regression-quality.ts'
export type { ErrorSizes, RegressionReport } from './metrics/regression-report.ts'
export { erf, erfc } from './numeric/error-function.ts'
export { CompensatedSum } from './numeric/fsum.ts'
export { logGamma } from './numeric/log-gamma.ts'
export { normalCdf, normalQuantile } from './numeric/normal.ts'
export { logit, sigmoid } from './numeric/sigmoid.ts'
export { studentTCdf, studentTQuantile } from './numeric/student-t.ts'
export { Xoshiro128 } from './numeric/xoshiro128.ts'
export type { Rejected } from './operators/operator.ts'
export type {
  Expired,
  Learned,
  ModelUpdate,
  ModelVersion,
  Outcome,
  Scored,
} from './operators/prediction.ts'
export type { ProcessContext, ValueState } from './operators/process.ts'
export type { Key } from './state/key.ts'
export { EwMean } from './stats/ew-mean.ts'
export { Welford } from './stats/welford.ts'
export type { SinkDeclaration, SourceDeclaration } from './stream/declarations.ts'
export { hybrid } from './stream/hybrid.ts'
export {
  type Pipeline,
  type PipelineContext,
  type PipelineOptions,
  pipeline,
  type SourceOptions,
} from './stream/pipeline.ts'
export { type Secret, secret } from './stream/secret.ts'
export type {
  KeyedStream,
  LearnedStream,
  ProcessedStream,
  ScoredStream,
  SourceStream,
  Stream,
} from './stream/stream.ts'
export type { Duration } from './time/duration.ts'
