/**
 * One deployment of a pipeline at one parallelism, from its beginning or from a checkpoint, until it ends or is killed.
 *
 * It keeps Flink's rules: records in order within a channel and in no order between channels; watermarks sent to every
 * subtask and combined by their minimum; barriers that align; one checkpoint at a time. Which subtask does what next is
 * drawn by lot, some subtasks being slower than others.
 */
import type { Bundle } from '../bundle/bundle-script.ts'
import { addCounts, type Counts } from '../operators/counts.ts'
import type { Plan, StagePlan } from '../stage/plan.ts'
import { groupRange, subtaskOfGroup } from '../state/key-groups.ts'
import type { MemoryFolder } from './memory-folder.ts'
import type { Ledgers } from './run-result.ts'
import type { SplitBytes } from './split-bytes.ts'
import { Channel, type OutputEdge, Outputs } from './vm-channel.ts'
import { VmRealm, type VmStage } from './vm-realm.ts'
import { type Acknowledgement, type Draw, type GroupState, SourceSubtask, StageSubtask } from './vm-subtask.ts'

/** A complete checkpoint: one cut through everything. */
export interface VmCheckpoint {
  readonly id: number
  /** Split states as JSON text, by `uid/split`. */
  readonly splits: ReadonlyMap<string, string>
  readonly groups: readonly GroupState[]
  readonly cuts: ReadonlyMap<string, number>
}

export interface DeploymentOptions {
  readonly bundle: Bundle
  /** JSON text. */
  readonly params: string
  readonly plan: Plan
  readonly splits: readonly SplitBytes[]
  readonly folders: ReadonlyMap<string, MemoryFolder>
  readonly parallelism: number
  readonly restored: VmCheckpoint | undefined
  readonly firstCheckpoint: number
  readonly draw: Draw
  /** Told of each complete checkpoint, before its sinks commit. */
  readonly onCheckpoint: (checkpoint: VmCheckpoint) => void
}

/** A subtask that gets its turn this much less often than others. */
const SLOWNESS = [1, 1, 1, 3, 10]

export class VmDeployment {
  readonly #options: DeploymentOptions
  readonly #sources: SourceSubtask[] = []
  readonly #stages: StageSubtask[] = []
  readonly #slowness: number[]
  /** By edge `stage/input`, then by upstream subtask. */
  readonly #edges = new Map<string, Map<number, Channel>[]>()
  #checkpoint: { readonly id: number; readonly parts: Acknowledgement[] } | undefined
  #commit: VmCheckpoint | undefined
  #nextCheckpoint: number

  constructor(options: DeploymentOptions) {
    this.#options = options
    this.#nextCheckpoint = options.firstCheckpoint
    this.#connect()
    for (const source of options.splits) this.#addSource(source)
    options.plan.stages.forEach((stage, index) => {
      for (let i = 0; i < this.#parallelism(stage); i++) this.#addStage(stage, index, i)
    })
    this.#slowness = this.#all().map(() => SLOWNESS[options.draw(SLOWNESS.length)])
  }

  get ended(): boolean {
    return this.#stages.every(({ ended }) => ended)
  }

  get consumed(): number {
    return this.#sources.reduce((sum, { consumed }) => sum + consumed, 0)
  }

  /** Starts a checkpoint, unless one is under way. */
  trigger(): void {
    if (this.#checkpoint !== undefined || this.#commit !== undefined) return
    this.#checkpoint = { id: this.#nextCheckpoint++, parts: [] }
    for (const subtask of this.#all()) subtask.trigger(this.#checkpoint.id)
  }

  /** One step of one subtask. @throws when none can do anything although the end has not come */
  step(): void {
    const { draw } = this.#options
    if (this.#commit !== undefined && draw(20) === 0) {
      this.#commitSinks(this.#commit)
      this.#commit = undefined
      return
    }
    const able = this.#all().flatMap((subtask, i) => {
      const steps = subtask.steps()
      return steps.length === 0 ? [] : [{ steps, slowness: this.#slowness[i] }]
    })
    if (able.length === 0) {
      if (this.ended) return
      throw new Error('no subtask can go on, and the end has not come: a channel is blocked or a watermark was lost')
    }
    for (;;) {
      const { steps, slowness } = able[draw(able.length)]
      if (slowness > 1 && able.length > 1 && draw(slowness) > 0) continue
      steps[draw(steps.length)]()
      return
    }
  }

  /** What a last checkpoint would hold, its sinks committed. */
  finish(): { groups: GroupState[]; ledgers: Ledgers } {
    const groups = this.#stages.flatMap((stage) => stage.captured())
    for (const folder of this.#options.folders.values()) folder.commit(folder.cut())
    const operators: { [uid: string]: Counts } = {}
    for (const stage of this.#stages) {
      for (const [uid, counts] of Object.entries(stage.ledgers())) operators[uid] = addCounts(operators[uid], counts)
    }
    const sources: { [uid: string]: Counts } = {}
    for (const { uid } of this.#options.plan.sources) sources[uid] = { in: 0, processed: 0, rejected: 0, late: 0 }
    for (const subtask of this.#sources) {
      const { uid } = subtask.source
      sources[uid] = addCounts(sources[uid], JSON.parse(subtask.state()).ledger)
    }
    return { groups, ledgers: { sources, operators } }
  }

  #all(): (SourceSubtask | StageSubtask)[] {
    return [...this.#sources, ...this.#stages]
  }

  #parallelism({ partitioning }: StagePlan): number {
    return partitioning === 'single' ? 1 : this.#options.parallelism
  }

  /** Makes the channels of every edge: all to all, or one to one where records stay in their lane. */
  #connect(): void {
    const { plan } = this.#options
    plan.stages.forEach((stage, index) => {
      stage.inputs.forEach(({ edge }, input) => {
        const upstream = this.#upstreamCount(edge.from.uid)
        const lanes = this.#parallelism(stage)
        const width = Math.min(upstream, lanes)
        this.#edges.set(
          `${index}/${input}`,
          Array.from({ length: upstream }, (_unused, from) => {
            const targets = Array.from({ length: lanes }, (_all, to) => to)
            const reached =
              stage.partitioning === 'forward' ? targets.filter((to) => to % width === from % width) : targets
            return new Map(reached.map((to) => [to, new Channel()]))
          }),
        )
      })
    })
  }

  #upstreamCount(uid: string): number {
    const { plan, splits } = this.#options
    const stage = plan.stages.find(({ operators }) => operators.includes(uid))
    return stage === undefined ? splits.filter((split) => split.uid === uid).length : this.#parallelism(stage)
  }

  /** The edges out of some vertices, from their subtask `from`. */
  #outputs(uids: readonly string[], from: number): Outputs {
    const { plan, draw } = this.#options
    const edges = plan.stages.flatMap((stage, index) =>
      stage.inputs.flatMap(({ edge }, input): (OutputEdge & { index: number })[] => {
        // An edge between operators of one stage is a call.
        if (!uids.includes(edge.from.uid)) return []
        const channels = this.#edges.get(`${index}/${input}`)?.[from] ?? new Map()
        return [{ index, stage, input, parallelism: this.#parallelism(stage), channels }]
      }),
    )
    return new Outputs(edges, plan.keyGroups, draw)
  }

  #addSource(source: SplitBytes): void {
    const { bundle, params, restored, splits, draw } = this.#options
    const { uid, split } = source
    const task = new VmRealm(bundle, params).openSplit(uid, split, restored?.splits.get(`${uid}/${split}`) ?? null)
    const index = splits.filter((other) => other.uid === uid).indexOf(source)
    const acknowledge = (id: number, part: Acknowledgement) => this.#acknowledge(id, part)
    this.#sources.push(new SourceSubtask(source, task, this.#outputs([uid], index), acknowledge, draw))
  }

  #addStage(plan: StagePlan, index: number, subtask: number): void {
    const { bundle, params, draw, folders } = this.#options
    const { keyGroups } = this.#options.plan
    const [firstGroup] = groupRange(subtask, this.#parallelism(plan), keyGroups)
    const stage = new VmRealm(bundle, params).openStage(index, firstGroup)
    this.#restore(stage, plan, subtask)
    const inputs = plan.inputs.flatMap((_input, input) =>
      (this.#edges.get(`${index}/${input}`) ?? []).flatMap((channels) => channels.get(subtask) ?? []),
    )
    const own = new Map([...folders].filter(([uid]) => plan.operators.includes(uid)))
    const acknowledge = (id: number, part: Acknowledgement) => this.#acknowledge(id, part)
    const outputs = this.#outputs(plan.operators, subtask)
    this.#stages.push(new StageSubtask(stage, inputs, outputs, own, keyGroups, acknowledge, draw))
  }

  /** Gives a subtask the key groups that are its own at this parallelism. */
  #restore(stage: VmStage, plan: StagePlan, subtask: number): void {
    const { keyGroups } = this.#options.plan
    const parallelism = this.#parallelism(plan)
    for (const { uid, group, bytes } of this.#options.restored?.groups ?? []) {
      if (plan.operators.includes(uid) && subtaskOfGroup(group, parallelism, keyGroups) === subtask) {
        stage.restore(uid, group, bytes)
      }
    }
  }

  #acknowledge(id: number, part: Acknowledgement): void {
    const checkpoint = this.#checkpoint
    if (checkpoint?.id !== id) throw new Error(`checkpoint ${id} was acknowledged, ${checkpoint?.id} is under way`)
    checkpoint.parts.push(part)
    if (checkpoint.parts.length < this.#all().length) return
    this.#checkpoint = undefined
    this.#commit = {
      id,
      splits: new Map(
        checkpoint.parts.flatMap(({ split: s }) => (s === undefined ? [] : [[`${s.uid}/${s.split}`, s.state]])),
      ),
      groups: checkpoint.parts.flatMap(({ groups }) => groups ?? []),
      cuts: new Map(checkpoint.parts.flatMap(({ cuts }) => [...(cuts ?? [])])),
    }
    this.#options.onCheckpoint(this.#commit)
  }

  #commitSinks({ cuts }: VmCheckpoint): void {
    for (const [uid, cut] of cuts) this.#options.folders.get(uid)?.commit(cut)
  }
}
