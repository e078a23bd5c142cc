/**
 * Typed streams: what a pipeline's code holds while it builds the graph. Each method adds a vertex and gives its output.
 */

import type { LearnerSpec, Task } from '../learn/learner.ts'
import type { Rejected } from '../operators/operator.ts'
import type { Expired, Learned, ModelUpdate, Outcome, Scored } from '../operators/prediction.ts'
import type { ProcessFunctions } from '../operators/process.ts'
import type { QualityReport } from '../operators/quality-report.ts'
import type { InputEdge, Partitioning } from '../stage/plan.ts'
import type { Key } from '../state/key.ts'
import { type Duration, durationMs } from '../time/duration.ts'
import type { SinkDeclaration } from './declarations.ts'
import type { Graph } from './graph.ts'
import {
  addLearn,
  addPredict,
  joinLabels,
  type LearnFromOptions,
  type LearnOptions,
  type PredictOptions,
} from './model-vertices.ts'

export interface ProcessDeclaration<T, S, Out> extends ProcessFunctions<T, S, Out> {
  /** Keys held at most (default 10,000,000); a record of one more key is rejected. */
  readonly maxKeys?: number
  /** Event time after the last write at which a key's state is dropped. Default: kept. */
  readonly ttl?: Duration
}

export class Stream<T> {
  protected readonly graph: Graph
  protected readonly uid: string
  protected readonly output: string
  readonly #rows: string | null

  constructor(graph: Graph, uid: string, output: string, rows: string | null = null) {
    this.graph = graph
    this.uid = uid
    this.output = output
    this.#rows = rows
  }

  /** This output as an input of another vertex. */
  edge(partitioning: Partitioning): InputEdge {
    return { from: { uid: this.uid, output: this.output }, partitioning, rows: this.#rows }
  }

  /** One value for each record. The result must be plain data; a throw rejects the record. */
  map<Out>(fn: (record: T) => Out): Stream<Out> {
    return new Stream(this.graph, this.graph.addUnnamed('map', [this.edge('forward')], { fn }), 'records')
  }

  /** Keeps the records for which `fn` returns true. */
  filter(fn: (record: T) => boolean): Stream<T> {
    const uid = this.graph.addUnnamed('filter', [this.edge('forward')], { fn })
    return new Stream(this.graph, uid, 'records', this.#rows)
  }

  /** Any number of values for each record, in order. */
  flatMap<Out>(fn: (record: T) => readonly Out[]): Stream<Out> {
    return new Stream(this.graph, this.graph.addUnnamed('flatMap', [this.edge('forward')], { fn }), 'records')
  }

  /** This stream and others as one. */
  union<Other = T>(...others: readonly Stream<Other>[]): Stream<T | Other> {
    const edges = [this, ...others].map((stream) => stream.edge('forward'))
    return new Stream(this.graph, this.graph.addUnnamed('union', edges), 'records')
  }

  /**
   * Partitions by a key: what follows keeps one state, or one model, for each.
   *
   * @param key a function of the record alone: it is not asked again for each record with the same values in the fields that
   *   it reads. The record is good during the call; keep what you need of it, not the record
   */
  keyBy(key: (record: T) => Key): KeyedStream<T> {
    return new KeyedStream(this.graph, this, key)
  }

  /** Own operator over the whole stream as one partition, with state and timers. */
  process<Out, S = never>(name: string, functions: ProcessDeclaration<T, S, Out>): ProcessedStream<Out> {
    return addProcess(this.graph, name, this.edge('single'), functions)
  }

  /** Scores each record with one model, which learns when `learnFrom` joins the labels. */
  predict<K extends Task>(name: string, model: LearnerSpec<T, K>, options: PredictOptions = {}): ScoredStream<T, K> {
    addPredict(this.graph, name, this.edge('single'), model, options)
    return new ScoredStream(this.graph, name, undefined)
  }

  /** Tests the model on each record, then learns its label: prequential. */
  learn<K extends Task>(name: string, model: LearnerSpec<T, K>, options: LearnOptions<T, K>): LearnedStream<T, K> {
    addLearn(this.graph, name, this.edge('single'), model, options as LearnOptions<T, Task>)
    return new LearnedStream(this.graph, name)
  }

  /** Writes the stream to a sink. */
  to(name: string, sink: SinkDeclaration): void {
    this.graph.addSink(name, [this.edge('single')], sink)
  }
}

/** The stream of a source. */
export class SourceStream<T> extends Stream<T> {
  constructor(graph: Graph, uid: string) {
    super(graph, uid, 'records', uid)
  }

  /** Pieces that are no record: malformed, of the wrong type, without a usable event time. */
  get rejected(): Stream<Rejected> {
    return new Stream(this.graph, this.uid, 'rejected')
  }

  /** Records behind the watermark of their split. */
  get late(): Stream<T> {
    return new Stream(this.graph, this.uid, 'late', this.uid)
  }
}

/** The output of `process`. */
export class ProcessedStream<Out> extends Stream<Out> {
  constructor(graph: Graph, uid: string) {
    super(graph, uid, 'records')
  }

  /** Records whose function threw. */
  get rejected(): Stream<Rejected> {
    return new Stream(this.graph, this.uid, 'rejected')
  }
}

/** Records partitioned by key. */
export class KeyedStream<T> {
  readonly #graph: Graph
  readonly #stream: Stream<T>
  readonly #key: (record: T) => Key

  constructor(graph: Graph, stream: Stream<T>, key: (record: T) => Key) {
    this.#graph = graph
    this.#stream = stream
    this.#key = key
  }

  /** Own operator with state and timers for each key. */
  process<Out, S = never>(name: string, functions: ProcessDeclaration<T, S, Out>): ProcessedStream<Out> {
    const stream = addProcess(this.#graph, name, this.#stream.edge('key'), functions)
    this.#graph.addFunctions(name, { key0: this.#key })
    return stream
  }

  /** Scores each record with the model of its key. */
  predict<K extends Task>(name: string, model: LearnerSpec<T, K>, options: PredictOptions = {}): ScoredStream<T, K> {
    addPredict(this.#graph, name, this.#stream.edge('key'), model, options)
    this.#graph.addFunctions(name, { key0: this.#key })
    return new ScoredStream(this.#graph, name, { records: this.#stream, key: this.#key as never })
  }

  /** Tests the model of the record's key, then learns the label. */
  learn<K extends Task>(name: string, model: LearnerSpec<T, K>, options: LearnOptions<T, K>): LearnedStream<T, K> {
    addLearn(this.#graph, name, this.#stream.edge('key'), model, options as LearnOptions<T, Task>)
    this.#graph.addFunctions(name, { key0: this.#key })
    return new LearnedStream(this.#graph, name)
  }
}

/** Outputs that every model has beside its records. */
abstract class ModelStream<T, K extends Task> extends Stream<T> {
  /** Records that the model could not take: a wrong type, a number beyond its range, a bad label. */
  get rejected(): Stream<Rejected> {
    return new Stream(this.graph, this.uid, 'rejected')
  }

  /** Predictions that met their label. */
  get outcomes(): Stream<Outcome<K>> {
    return new Stream(this.graph, this.uid, 'outcomes')
  }

  /** Quality of the model, beside its baselines, after each `metricsEvery` of event time and at the end. */
  get metrics(): Stream<QualityReport<K>> {
    return new Stream(this.graph, `${this.uid}.quality`, 'metrics')
  }

  /** The model itself, as `modelEvery` says and at the end; of models per key each, at the end in the order of their keys. */
  get models(): Stream<ModelUpdate> {
    return new Stream(this.graph, this.uid, 'models')
  }
}

/** The output of `learn`. */
export class LearnedStream<T, K extends Task = 'binary'> extends ModelStream<Learned<T, K>, K> {
  constructor(graph: Graph, uid: string) {
    super(graph, uid, 'records')
  }
}

/** The output of `predict`: scored records now; outcomes when the labels come. */
export class ScoredStream<T, K extends Task = 'binary'> extends ModelStream<Scored<T, K>, K> {
  readonly #keyed: { records: Stream<T>; key: (record: never) => Key } | undefined

  constructor(graph: Graph, uid: string, keyed: { records: Stream<T>; key: (record: never) => Key } | undefined) {
    super(graph, uid, 'records')
    this.#keyed = keyed
  }

  /** Predictions whose label did not come within `labelTimeout`. */
  get expired(): Stream<Expired<K>> {
    return new Stream(this.graph, this.uid, 'expired')
  }

  /**
   * Joins the labels, which come later, in any order, once or more often. The model learns each once, from the inputs
   * as they were when the prediction was made.
   */
  learnFrom<L>(labels: Stream<L>, options: LearnFromOptions<T, L, K>): ScoredStream<T, K> {
    const late = labels instanceof SourceStream ? (labels as SourceStream<L>).late : undefined
    joinLabels(this.graph, this.uid, { labels, late, keyed: this.#keyed, options: options as never })
    return this
  }
}

function addProcess<T, S, Out>(
  graph: Graph,
  name: string,
  edge: InputEdge,
  { maxKeys = 10_000_000, ttl, ...functions }: ProcessDeclaration<T, S, Out>,
): ProcessedStream<Out> {
  graph.addOperator(name, 'process', [edge], {
    maxKeys,
    ttlMs: ttl === undefined ? 0 : durationMs(ttl, `ttl of operator "${name}"`),
  })
  graph.addFunctions(name, functions as never)
  return new ProcessedStream(graph, name)
}
