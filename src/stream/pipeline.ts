/** `pipeline(...)`: the entry of every pipeline file. Building is pure; the plan follows from name, params and code alone. */
import { MillraceError } from '../errors.ts'
import { OPERATOR_OUTPUTS } from '../stage/create-operator.ts'
import type { JsonObject, JsonValue } from '../stage/json.ts'
import { type Duration, durationMs } from '../time/duration.ts'
import type { SinkDeclaration, SourceDeclaration } from './declarations.ts'
import { Graph } from './graph.ts'
import type { Program } from './program.ts'
import { SourceStream } from './stream.ts'

export interface SourceOptions<T> {
  /**
   * Event time of a record in milliseconds since the epoch, usually a `time()` field. Without it, in every source,
   * records are ordered by their row number.
   */
  readonly eventTime?: (record: T) => number
  /** How far event times may run backwards within a split (default 0); older records go to the `late` output. */
  readonly outOfOrderness?: Duration
  /**
   * For a source that does not end: how long a split may have nothing before the watermark goes on without it (default '1m';
   * 0: it waits for ever). Counted only while the split is known to have been read to its end. Records that come
   * after such a pause, and are older than what the other splits have reached by then, are late.
   */
  readonly idleTimeout?: Duration
}

export interface PipelineContext<P> {
  /** Reads a source. Its name is its uid: a checkpoint finds its position by it. */
  from<T>(name: string, source: SourceDeclaration<T>, options?: SourceOptions<T>): SourceStream<T>
  /** The pipeline's params with those given at start; frozen into the plan. */
  readonly params: P
}

export interface PipelineOptions<P> {
  /** Names and defaults of what may be given at start (`--param name=value`). Plain JSON. */
  readonly params?: P
  /** Order of processing. Default: event time where every source is bounded, else arrival. */
  readonly order?: 'eventTime' | 'arrival'
  /** Where rejected records go that no other sink takes. Default: JSON lines in `out/<name>-rejected`. */
  readonly rejected?: SinkDeclaration
}

/** A pipeline as its file exports it: `export default pipeline(...)`. */
export interface Pipeline {
  readonly name: string
  /** Names and defaults of its params. */
  readonly params: JsonObject
  /** Builds the graph with these params. The same params give the same plan. */
  program(params?: JsonObject): Program
}

/**
 * Declares a pipeline.
 *
 * @throws ML_PLAN, when `program` is called, for whatever is wrong in the graph
 * @example see examples/flight-delays.ts
 */
export function pipeline<const P extends { readonly [name: string]: JsonValue } = Record<string, never>>(
  name: string,
  build: (context: PipelineContext<{ readonly [K in keyof P]: Widened<P[K]> }>) => void,
  options: PipelineOptions<P> = {},
): Pipeline {
  const defaults = (options.params ?? {}) as JsonObject
  return {
    name,
    params: defaults,
    program(given = {}) {
      const params = Object.freeze(merged(name, defaults, given))
      const graph = new Graph(name, options.order)
      build({
        from: (uid, source, sourceOptions = {}) => {
          const outOfOrdernessMs = durationMs(sourceOptions.outOfOrderness ?? 0, `outOfOrderness of source "${uid}"`)
          const { eventTime, idleTimeout } = sourceOptions
          const idleMs =
            idleTimeout === undefined ? undefined : durationMs(idleTimeout, `idleTimeout of source "${uid}"`)
          graph.addSource(uid, source, { eventTime, outOfOrdernessMs, idleMs })
          return new SourceStream(graph, uid)
        },
        params: params as never,
      })
      const open = graph.openRejected((kind) => OPERATOR_OUTPUTS[kind])
      if (open.length > 0) graph.addSink('rejected', open, options.rejected ?? defaultRejected(name))
      return graph.program()
    },
  }
}

/** A default of `'data.csv'` may be replaced by any string, not only by itself. */
type Widened<V> = V extends string ? string : V extends number ? number : V extends boolean ? boolean : V

function merged(name: string, defaults: JsonObject, given: JsonObject): JsonObject {
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(defaults, key)) {
      throw new MillraceError('ML_PARAM', {
        what: `pipeline "${name}" has no param "${key}"`,
        remedy: `It has: ${Object.keys(defaults).join(', ') || 'none'}`,
      })
    }
  }
  return { ...defaults, ...given }
}

function defaultRejected(name: string): SinkDeclaration {
  return {
    role: 'sink',
    kind: 'file',
    options: { folder: `out/${name}-rejected` },
    format: { name: 'jsonl' },
  }
}
