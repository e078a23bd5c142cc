/** Millrace: pipelines, schemas, features and learners. Pure ECMAScript: the same on every engine. */
export { type ErrorClass, type ErrorCode, isMillraceError, MillraceError } from './errors.ts'
export { type Features, features } from './features/features.ts'
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
export type { Learner, LearnerSpec, SlotWeights, Task } from './learn/learner.ts'
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
export { Model, model, type ProbabilitiesOf } from './learn/model.ts'
export type { ModelWeights, NamedWeights } from './learn/named-weights.ts'
export type { StopOptions } from './learn/stop.ts'
export { stopWhen } from './learn/stop-when.ts'
export type { BinaryPrediction, MulticlassPrediction, RegressionPrediction } from './learn/tasks/prediction.ts'
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
export { CompensatedSum } from './numeric/fsum.ts'
export { logit, sigmoid } from './numeric/sigmoid.ts'
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
export {
  type Pipeline,
  type PipelineContext,
  type PipelineOptions,
  pipeline,
  type SourceOptions,
} from './stream/pipeline.ts'
export type {
  KeyedStream,
  LearnedStream,
  ProcessedStream,
  ScoredStream,
  SourceStream,
  Stream,
} from './stream/stream.ts'
export type { Duration } from './time/duration.ts'
