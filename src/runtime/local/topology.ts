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
import { type Envelope, type Identity, MAX_TIME } from '../../time/identity.ts'

/** Which sources exist and how far they are; the engine knows. */
export interface SourceClock {
  watermark(uid: string): number
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
  /** For each stage: the stages and sources that feed it. */
  readonly #upstream: { readonly stages: Stage[]; readonly sources: string[] }[]
  readonly #ended = new Set<Stage>()

  constructor(program: Program, clock: SourceClock, options: TopologyOptions) {
    this.#clock = clock
    const { plan } = program
    const outlets: Consumer[][][] = []
    const { admit } = options
    this.stages = plan.stages.map(({ id }, index) => {
      const host: StageHost = {
        emit: (outlet, envelope) => {
          const consumers = outlets[index][outlet]
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
    this.#upstream = this.stages.map(({ plan: { inputs } }) => ({
      stages: unique(inputs.flatMap(({ edge }: StageInput) => stageOf.get(edge.from.uid) ?? [])),
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

  #inputWatermark(index: number): number {
    const { stages, sources } = this.#upstream[index]
    let watermark = MAX_TIME
    for (let i = 0; i < stages.length; i++) watermark = Math.min(watermark, stages[i].watermark)
    for (let i = 0; i < sources.length; i++) watermark = Math.min(watermark, this.#clock.watermark(sources[i]))
    return watermark
  }
}

function unique<V>(values: readonly V[]): V[] {
  return [...new Set(values)]
}
