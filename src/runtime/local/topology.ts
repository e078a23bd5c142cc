/**
 * Topology: the stages of a program in one thread, wired by plain calls. Records pass as objects; no frame is encoded.
 *
 * Watermarks follow the records: a stage advances to the smallest watermark of what feeds it, once those have let
 * everything up to it out.
 */

import type { SinkOutput } from '../../operators/sink.ts'
import type { Cell } from '../../stage/cell.ts'
import type { JsonObject } from '../../stage/json.ts'
import type { StageInput } from '../../stage/plan.ts'
import type { SourceOutput } from '../../stage/source-task.ts'
import type { Stage, StageCapture, StageHost } from '../../stage/stage.ts'
import type { Program } from '../../stream/program.ts'
import { type Envelope, envelopeOf, type Identity, MAX_TIME, MIN_TIME } from '../../time/identity.ts'

/** Which sources exist and how far they are; the engine knows. */
export interface SourceClock {
  watermark(uid: string): number
  /** As of the last `watermark`: nothing holds it back or drives it, though more may come. */
  idle(uid: string): boolean
}

interface Consumer {
  readonly stage: Stage
  readonly input: number
}

export interface TopologyOptions {
  readonly sink: (uid: string) => SinkOutput
  readonly admit?: (stage: string, identity: Identity) => boolean
  readonly thrown?: (uid: string, error: unknown) => void
}

export class Topology {
  readonly stages: readonly Stage[]
  readonly #clock: SourceClock
  /** Consumers of each source output, by `uid/output`. */
  readonly #entries = new Map<string, Consumer[]>()
  /** For each stage: the stages, by their index, and the sources that feed it. */
  readonly #upstream: { readonly stages: number[]; readonly sources: string[] }[]
  readonly #ended = new Set<Stage>()
  /** Whether all that feeds a stage is idle, by stage. */
  readonly #idle: boolean[]

  constructor(program: Program, clock: SourceClock, options: TopologyOptions) {
    this.#clock = clock
    const { plan } = program
    const outlets: Consumer[][][] = []
    const { admit } = options
    this.stages = plan.stages.map(({ id }, index) => {
      const host: StageHost = {
        emit: (outlet, identity, value) => {
          const consumers = outlets[index][outlet]
          const envelope = envelopeOf(identity, value)
          for (let i = 0; i < consumers.length; i++) consumers[i].stage.push(consumers[i].input, envelope)
        },
        sink: options.sink,
        admit: admit && ((identity) => admit(id, identity)),
        thrown: options.thrown,
      }
      return program.openStage(index, host)
    })
    const consumersOf = (uid: string, output: string): Consumer[] =>
      this.stages.flatMap((stage) =>
        stage.plan.inputs.flatMap(({ edge }, input) =>
          edge.from.uid === uid && edge.from.output === output ? [{ stage, input }] : [],
        ),
      )
    for (const stage of this.stages) outlets.push(stage.outlets.map(({ uid, output }) => consumersOf(uid, output)))
    for (const { uid } of plan.sources) {
      for (const output of ['records', 'rejected', 'late'] as const) {
        this.#entries.set(`${uid}/${output}`, consumersOf(uid, output))
      }
    }
    const stageOf = new Map(this.stages.flatMap((stage) => stage.plan.operators.map((uid) => [uid, stage])))
    this.#idle = this.stages.map(() => false)
    this.#upstream = this.stages.map(({ plan: { inputs } }) => ({
      stages: unique(inputs.flatMap(({ edge }: StageInput) => stageOf.get(edge.from.uid) ?? [])).map((stage) =>
        this.stages.indexOf(stage),
      ),
      sources: unique(inputs.flatMap(({ edge }) => (stageOf.has(edge.from.uid) ? [] : [edge.from.uid]))),
    }))
  }

  /** Where a source's task emits. */
  entry(uid: string): (output: SourceOutput, envelope: Envelope) => void {
    const records = this.#entries.get(`${uid}/records`) ?? []
    return (output, envelope) => {
      const consumers = output === 'records' ? records : (this.#entries.get(`${uid}/${output}`) ?? [])
      for (let i = 0; i < consumers.length; i++) consumers[i].stage.push(consumers[i].input, envelope)
    }
  }

  /** Does what follows from the sources' watermarks, at most `limit` records a stage; true when more is due. */
  run(limit: number): boolean {
    let more = false
    for (let i = 0; i < this.stages.length; i++) {
      const stage = this.stages[i]
      stage.advance(this.#inputWatermark(i))
      if (stage.run(limit)) more = true
      else if (stage.watermark === MAX_TIME && !this.#ended.has(stage)) {
        stage.end()
        this.#ended.add(stage)
      }
    }
    return more
  }

  /** Records that wait for the watermark. */
  get held(): number {
    let held = 0
    for (let i = 0; i < this.stages.length; i++) held += this.stages[i].buffered
    return held
  }

  get ended(): boolean {
    return this.#ended.size === this.stages.length
  }

  /** Processing time for the stages that wait for it. */
  tick(now: number, limit: number): boolean {
    let more = false
    for (const stage of this.stages) if (stage.ticking && stage.tick(now, limit)) more = true
    return more
  }

  get ticking(): boolean {
    return this.stages.some((stage) => stage.ticking)
  }

  flush(): void {
    for (const stage of this.stages) stage.flush()
  }

  capture(): StageCapture[] {
    return this.stages.map((stage) => stage.capture())
  }

  cells(): Cell[] {
    return this.stages.flatMap((stage) => [...stage.operators().values()])
  }

  /** Ledgers by operator uid. */
  ledgers(): JsonObject {
    return Object.fromEntries(this.cells().map(({ uid, operator }) => [uid, operator.ledger.totals()]))
  }

  /**
   * The least watermark of what feeds a stage. What is idle does not hold it back; when everything is, the stage goes to the
   * latest of them and is idle itself.
   */
  #inputWatermark(index: number): number {
    const { stages, sources } = this.#upstream[index]
    let least = MAX_TIME
    let latestIdle = MIN_TIME
    let [active, idle] = [false, false]
    const see = (watermark: number, isIdle: boolean): void => {
      if (isIdle) {
        idle = true
        latestIdle = Math.max(latestIdle, watermark)
      } else if (watermark < MAX_TIME) {
        active = true
        least = Math.min(least, watermark)
      }
    }
    for (let i = 0; i < stages.length; i++) see(this.stages[stages[i]].watermark, this.#idle[stages[i]])
    for (let i = 0; i < sources.length; i++) {
      const watermark = this.#clock.watermark(sources[i])
      see(watermark, this.#clock.idle(sources[i]))
    }
    this.#idle[index] = idle && !active
    return idle && !active ? latestIdle : least
  }
}

function unique<V>(values: readonly V[]): V[] {
  return [...new Set(values)]
}
