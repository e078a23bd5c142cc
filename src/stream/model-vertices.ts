/** The vertices behind `predict`, `learn` and `learnFrom`: model, quality, and the router that finds a label's model. */
import { MillraceError } from '../errors.ts'
import { CREATE } from '../learn/create-learner.ts'
import type { LearnerSpec, Task } from '../learn/learner.ts'
import type { LabelOf } from '../learn/tasks/prediction.ts'
import { judgedRows } from '../operators/judged-schema.ts'
import type { JsonObject, JsonValue } from '../stage/json.ts'
import type { InputEdge, Partitioning } from '../stage/plan.ts'
import type { Key } from '../state/key.ts'
import { type Duration, durationMs } from '../time/duration.ts'
import type { AnyFunction, Graph } from './graph.ts'

export interface PredictOptions {
  /** Event time between two reports on `metrics`. Default: one report, at the end. */
  readonly metricsEvery?: Duration
  /**
   * Between two updates on `models`, of a model per key for each: labels learned, as a number, or event time, as text such
   * as '10m'. Default: one update, at the end of a bounded stream; there is one at the end in any case.
   */
  readonly modelEvery?: number | string
  /** Keys, and so models, held at most (default 10,000,000); a record of one more key is rejected. */
  readonly maxKeys?: number
  /** Predictions and early labels held at most while they wait (default 10,000,000). */
  readonly maxPending?: number
}

export interface LearnOptions<T, K extends Task = 'binary'> extends PredictOptions {
  /**
   * The label of a record: true or false (or 1 and 0), a number, or the name of a class. Anything else rejects the record.
   * The record is good during the call and cannot be changed; keep what you need of it, not the record.
   */
  readonly label: (record: T) => LabelOf<K>
  /** How much the record counts (default 1): finite and positive. */
  readonly weight?: (record: T) => number
}

export interface LearnFromOptions<T, L, K extends Task = 'binary'> {
  /** Join key of a record: no two predictions that wait at the same time may share one. */
  readonly key: (record: T) => Key
  /** Join key of a label. */
  readonly labelKey: (label: L) => Key
  readonly label: (label: L) => LabelOf<K>
  readonly weight?: (label: L) => number
  /** Event time that a prediction waits for its label, and an early label for its prediction. */
  readonly labelTimeout: Duration
  /** A second, different label for one prediction: to the rejected output (default), or only counted. */
  readonly onConflict?: 'reject' | 'ignore'
  /** For a model per key: the model's key, where the label carries it. Without it a router remembers which model predicted. */
  readonly modelKey?: (label: L) => Key
}

/** An output that can be connected. */
interface Connectable {
  edge(partitioning: Partitioning): InputEdge
}

interface LabelJoin {
  readonly labels: Connectable
  /** Labels behind their source's watermark: not late while the prediction waits. */
  readonly late: Connectable | undefined
  /** Records and key of a model per key. */
  readonly keyed: { readonly records: Connectable; readonly key: (record: never) => Key } | undefined
  readonly options: LearnFromOptions<never, never>
}

const DEFAULT_MAX = 10_000_000

export function addPredict<T>(
  graph: Graph,
  name: string,
  edge: InputEdge,
  model: LearnerSpec<T>,
  options: PredictOptions,
): void {
  graph.addOperator(name, 'predict', [edge], { ...modelOptions(name, edge, model, options), labels: null })
  addModelParts(graph, name, edge, model, options)
}

export function addLearn<T>(
  graph: Graph,
  name: string,
  edge: InputEdge,
  model: LearnerSpec<T>,
  options: LearnOptions<T, Task>,
): void {
  graph.addOperator(name, 'learn', [edge], { ...modelOptions(name, edge, model, options), labels: null })
  graph.addFunctions(name, { label: required(name, 'label', options.label), weight: options.weight as AnyFunction })
  addModelParts(graph, name, edge, model, options)
}

/** Adds the label input to a `predict` vertex; with a model per key also the router, unless labels carry the model's key. */
export function joinLabels(graph: Graph, name: string, { labels, late, keyed, options }: LabelJoin): void {
  if (graph.options(name).labels !== null) {
    throw new MillraceError('ML_PLAN', {
      what: 'learnFrom was called twice',
      where: `model "${name}"`,
      remedy: 'Unite the label streams first: a.union(b)',
    })
  }
  const settings = {
    timeoutMs: durationMs(options.labelTimeout, `labelTimeout of model "${name}"`),
    onConflict: options.onConflict ?? 'reject',
  }
  const label = required(name, 'label', options.label)
  const labelKey = required(name, 'labelKey', options.labelKey)
  const weight = options.weight as AnyFunction | undefined
  graph.addFunctions(name, { joinKey: required(name, 'key', options.key) })
  const streams = late === undefined ? [labels] : [labels, late]
  if (keyed === undefined || options.modelKey !== undefined) {
    const partitioning = keyed === undefined ? 'single' : 'key'
    for (const stream of streams) {
      const input = graph.extend(name, stream.edge(partitioning), { labels: settings })
      if (keyed !== undefined) graph.addFunctions(name, { [`key${input}`]: options.modelKey as AnyFunction })
    }
    graph.addFunctions(name, { labelKey, label, weight })
    return
  }
  // The router is keyed by the join key: it remembers which model's key a record had, and forwards the label there.
  const router = `${name}.router`
  graph.addOperator(router, 'route', [keyed.records.edge('key'), ...streams.map((stream) => stream.edge('key'))], {
    timeoutMs: settings.timeoutMs,
    maxKeys: DEFAULT_MAX,
  })
  graph.addFunctions(router, { key0: options.key as AnyFunction, modelKey: keyed.key as AnyFunction })
  streams.forEach((_stream, i) => {
    graph.addFunctions(router, { [`key${i + 1}`]: labelKey })
  })
  const routed: InputEdge = { from: { uid: router, output: 'records' }, partitioning: 'key', rows: null }
  const input = graph.extend(name, routed, { labels: settings })
  graph.addFunctions(name, {
    [`key${input}`]: (value: { modelKey: Key }) => value.modelKey,
    labelKey: (value: { label: never }) => labelKey(value.label),
    label: (value: { label: never }) => label(value.label),
    weight: weight === undefined ? undefined : (value: { label: never }) => weight(value.label),
  })
}

/** What belongs to every model: how its learner is made, where it is a user's, and its quality. */
function addModelParts<T>(
  graph: Graph,
  name: string,
  edge: InputEdge,
  model: LearnerSpec<T>,
  { metricsEvery }: PredictOptions,
): void {
  const { task } = model
  graph.addFunctions(name, { learner: (model as { [CREATE]?: AnyFunction })[CREATE] })
  const from = { uid: name, output: 'judged' }
  const partitioning = edge.partitioning === 'single' ? 'forward' : 'single'
  graph.addOperator(`${name}.quality`, 'quality', [{ from, partitioning, rows: judgedRows(task) }], {
    task,
    everyMs: metricsEvery === undefined ? 0 : durationMs(metricsEvery, `metricsEvery of model "${name}"`),
  })
}

function modelOptions<T>(name: string, edge: InputEdge, model: LearnerSpec<T>, options: PredictOptions): JsonObject {
  const { modelEvery = 0, maxKeys = DEFAULT_MAX, maxPending = DEFAULT_MAX } = options
  if (typeof model !== 'object' || model === null || typeof model.kind !== 'string') {
    throw new MillraceError('ML_PLAN', {
      what: 'a model must be the spec of a learner',
      got: model,
      where: `model "${name}"`,
      remedy: 'Give logistic({ inputs }) with inputs from features(schema)',
    })
  }
  const keyed = edge.partitioning === 'key'
  if (keyed && model.task === 'multiclass' && model.classes === undefined) {
    throw new MillraceError('ML_PLAN', {
      what: 'models per key need their classes beforehand',
      where: `model "${name}"`,
      remedy: "Name them: classes: ['a', 'b', 'c']",
    })
  }
  return { model: model as unknown as JsonValue, keyed, ...updateTimes(name, modelEvery), maxKeys, maxPending }
}

function updateTimes(name: string, every: number | string): JsonObject {
  if (typeof every === 'string') {
    const ms = durationMs(every, `modelEvery of model "${name}"`)
    return ms > 0 ? { modelEvery: 0, modelEveryMs: ms } : { modelEvery: 0 }
  }
  if (Number.isSafeInteger(every) && every >= 0) return { modelEvery: every }
  throw new MillraceError('ML_RANGE', {
    what: 'modelEvery must be a whole number of labels, or a duration as text',
    got: every,
    where: `model "${name}"`,
    remedy: "Write modelEvery: 1000, or '10m' of event time",
  })
}

function required(name: string, what: string, value: unknown): AnyFunction {
  if (typeof value === 'function') return value as AnyFunction
  throw new MillraceError('ML_PLAN', {
    what: `"${what}" must be a function`,
    got: value === undefined ? 'undefined' : value,
    where: `model "${name}"`,
    remedy: `Give ${what}: (record) => ...`,
  })
}
