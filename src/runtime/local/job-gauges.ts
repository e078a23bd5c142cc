/** Counts of a process over all the engines that its job has one after another. */
import type { Counts } from '../../operators/counts.ts'
import type { Plan } from '../../stage/plan.ts'
import type { CheckpointInfo } from './checkpointer.ts'
import type { Engine } from './engine.ts'
import type {
  CheckpointGauges,
  Durations,
  ModelGauges,
  OperatorGauges,
  RunGauges,
  SinkGauges,
  SourceGauges,
} from './run-gauges.ts'

type Ledgers = { readonly [uid: string]: Counts }

/** Upper bounds for checkpoints, from a state of nothing to one of gigabytes. */
const BOUNDS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
/** Results of a label, as the ledger of a model names them. */
const LABEL_RESULTS = ['learned', 'duplicate', 'conflicting', 'unmatched', 'refused'] as const

export class JobGauges {
  readonly #plan: Plan
  #engine: Engine
  /** Ledgers as the engine was opened with them. */
  #restored: Ledgers
  /** Counts of the engines before this one, each less what it was opened with. */
  #before: Ledgers = {}
  #failuresBefore = 0
  #last: CheckpointInfo | undefined
  readonly #counts = BOUNDS_SECONDS.map(() => 0)
  #committed = 0
  #sumSeconds = 0

  constructor(plan: Plan, engine: Engine) {
    this.#plan = plan
    this.#engine = engine
    this.#restored = ledgersOf(engine)
  }

  /** Another engine goes on in place of the one before, which works no more. */
  opened(engine: Engine): void {
    this.#before = this.#counted()
    this.#failuresBefore += this.#engine.checkpointer.failures
    this.#engine = engine
    this.#restored = ledgersOf(engine)
  }

  committed(info: CheckpointInfo): void {
    const seconds = info.durationMs / 1000
    const bucket = BOUNDS_SECONDS.findIndex((bound) => seconds <= bound)
    if (bucket >= 0) this.#counts[bucket]++
    this.#committed++
    this.#sumSeconds += seconds
    this.#last = info
  }

  read(job: Pick<RunGauges, 'phase' | 'startedFrom' | 'restarts'>): RunGauges {
    const counted = this.#counted()
    const lifetime = this.#engine.topology.ledgers() as Ledgers
    return {
      pipeline: this.#plan.name,
      ...job,
      loop: this.#engine.loop,
      sources: this.#sources(counted),
      operators: this.#operators(counted),
      models: models(counted, lifetime),
      sinks: this.#sinks(counted),
      checkpoints: this.#checkpoints(),
    }
  }

  /** Since this process started, by the uid of a source or operator. */
  #counted(): Ledgers {
    const now = ledgersOf(this.#engine)
    return Object.fromEntries(
      Object.entries(now).map(([uid, counts]) => {
        const [before, restored] = [this.#before[uid], this.#restored[uid]]
        const since = Object.entries(counts).map(([name, count]) => [
          name,
          (before?.[name] ?? 0) + count - (restored?.[name] ?? 0),
        ])
        return [uid, Object.fromEntries(since)]
      }),
    )
  }

  #sources(counted: Ledgers): SourceGauges[] {
    return this.#engine.sources.open.map((source) => {
      const { uid, lag, idle, splits } = source
      const { in: read, rejected, late } = counted[uid]
      const watermark = this.#plan.clock === 'rows' ? undefined : source.reached
      return { uid, in: read, rejected, late, splits: splits.length, lagRecords: lag, watermark, idle }
    })
  }

  #operators(counted: Ledgers): OperatorGauges[] {
    return this.#engine.topology.cells().map(({ uid, operator }) => {
      const kind = this.#plan.operators.find((vertex) => vertex.uid === uid)?.kind ?? ''
      const { in: read, rejected } = counted[uid]
      return { uid, kind, in: read, rejected, keys: operator.keys }
    })
  }

  #sinks(counted: Ledgers): SinkGauges[] {
    const { sinks } = this.#engine
    return this.#plan.operators
      .filter(({ kind }) => kind === 'sink')
      .map(({ uid, options }) => ({
        uid,
        connector: String(options.connector),
        guarantee: sinks.weaker[uid] ?? 'exactly-once',
        rows: counted[uid].processed,
        pendingBytes: sinks.writer(uid).pendingBytes,
      }))
  }

  #checkpoints(): CheckpointGauges {
    const durations: Durations = {
      boundsSeconds: BOUNDS_SECONDS,
      counts: [...this.#counts],
      count: this.#committed,
      sumSeconds: this.#sumSeconds,
    }
    return { last: this.#last, failures: this.#failuresBefore + this.#engine.checkpointer.failures, durations }
  }
}

function models(counted: Ledgers, lifetime: Ledgers): ModelGauges[] {
  return Object.entries(counted).flatMap(([uid, { predictions, expired, ...counts }]) => {
    if (predictions === undefined) return []
    const { learned, waiting, early } = lifetime[uid]
    const labels = Object.fromEntries(LABEL_RESULTS.map((result) => [result, counts[result]]))
    return [{ uid, steps: learned, waiting, early, predictions, expired, labels }]
  })
}

function ledgersOf({ sources, topology }: Engine): Ledgers {
  return { ...sources.ledgers(), ...topology.ledgers() } as Ledgers
}
