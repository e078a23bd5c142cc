/** The subtasks of a deployment: what each may do next, and how it does it. Which comes next is the scheduler's to say. */

import type { Counts } from '../operators/counts.ts'
import { MAX_TIME } from '../time/identity.ts'
import { NO_WATERMARK } from '../time/watermarks.ts'
import type { MemoryFolder } from './memory-folder.ts'
import type { SplitBytes } from './split-bytes.ts'
import type { Channel, Outputs } from './vm-channel.ts'
import type { VmCapture, VmSplit, VmStage } from './vm-realm.ts'

/** Luck of a seed: a whole number below `bound`. */
export type Draw = (bound: number) => number

/** State of one operator in one key group. */
export interface GroupState {
  readonly uid: string
  readonly group: number
  readonly bytes: Uint8Array
}

/** What one subtask adds to a checkpoint. */
export interface Acknowledgement {
  readonly split?: { readonly uid: string; readonly split: string; readonly state: string }
  readonly groups?: readonly GroupState[]
  /** Cuts of the sinks of a stage, by uid. */
  readonly cuts?: ReadonlyMap<string, number>
}

type Acknowledge = (checkpoint: number, part: Acknowledgement) => void

/** A step that a subtask could do now. */
export type Step = () => void

/** Reads one split. */
export class SourceSubtask {
  readonly source: SplitBytes
  readonly #split: VmSplit
  readonly #outputs: Outputs
  readonly #acknowledge: Acknowledge
  readonly #draw: Draw
  #at: number
  #hungry = true
  #sent = NO_WATERMARK
  #barrier: number | undefined

  constructor(source: SplitBytes, split: VmSplit, outputs: Outputs, acknowledge: Acknowledge, draw: Draw) {
    this.source = source
    this.#split = split
    this.#outputs = outputs
    this.#acknowledge = acknowledge
    this.#draw = draw
    this.#at = split.consumed
  }

  get consumed(): number {
    return this.#split.consumed
  }

  trigger(checkpoint: number): void {
    this.#barrier = checkpoint
  }

  steps(): Step[] {
    const steps: Step[] = []
    const { watermark, finished } = this.#split
    if (watermark > this.#sent) steps.push(() => this.#sendWatermark())
    if (!finished) steps.push(this.#hungry ? () => this.#feed() : () => this.#pump())
    if (this.#barrier !== undefined) steps.push(() => this.#passBarrier())
    return steps
  }

  state(): string {
    return this.#split.state()
  }

  #feed(): void {
    const { bytes } = this.source
    if (this.#at === bytes.length) this.#split.end()
    else {
      const end = Math.min(bytes.length, this.#at + 1 + this.#draw(this.#draw(8) === 0 ? 40 : 1500))
      this.#split.push(bytes.subarray(this.#at, end))
      this.#at = end
    }
    this.#hungry = false
  }

  #pump(): void {
    const limit = 1 + this.#draw(this.#draw(4) === 0 ? 2 : 40)
    this.#hungry = this.#split.pump(limit) < limit
    this.#outputs.send(this.#split.take())
  }

  #sendWatermark(): void {
    this.#sent = this.#split.watermark
    this.#outputs.broadcast({ kind: 'watermark', time: this.#sent })
  }

  #passBarrier(): void {
    const checkpoint = this.#barrier as number
    this.#barrier = undefined
    const { uid, split } = this.source
    this.#acknowledge(checkpoint, { split: { uid, split, state: this.#split.state() } })
    this.#outputs.broadcast({ kind: 'barrier', checkpoint })
  }
}

/** A capture on its way out, group by group, while records go on. */
interface Writing {
  readonly checkpoint: number
  readonly capture: VmCapture
  readonly groups: GroupState[]
  readonly cuts: ReadonlyMap<string, number>
  next: number
}

/** Runs one stage over its share of the key groups. */
export class StageSubtask {
  readonly #stage: VmStage
  readonly #inputs: readonly Channel[]
  readonly #outputs: Outputs
  readonly #folders: ReadonlyMap<string, MemoryFolder>
  readonly #keyGroups: number
  readonly #acknowledge: Acknowledge
  readonly #draw: Draw
  #due = false
  #sent = NO_WATERMARK
  #ended = false
  #writing: Writing | undefined

  constructor(
    stage: VmStage,
    inputs: readonly Channel[],
    outputs: Outputs,
    folders: ReadonlyMap<string, MemoryFolder>,
    keyGroups: number,
    acknowledge: Acknowledge,
    draw: Draw,
  ) {
    this.#stage = stage
    this.#inputs = inputs
    this.#outputs = outputs
    this.#folders = folders
    this.#keyGroups = keyGroups
    this.#acknowledge = acknowledge
    this.#draw = draw
    if (inputs.length === 0) this.#advance()
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Without inputs no barrier comes to it; the trigger does, as at a source. */
  trigger(checkpoint: number): void {
    if (this.#inputs.length === 0) this.#cut(checkpoint)
  }

  steps(): Step[] {
    const steps: Step[] = []
    for (const channel of this.#inputs) {
      if (!channel.blocked && channel.events.length > 0) steps.push(() => this.#take(channel))
    }
    if (this.#due) steps.push(() => this.#run())
    if (this.#writing !== undefined) steps.push(() => this.#write(this.#writing as Writing))
    return steps
  }

  ledgers(): { [uid: string]: Counts } {
    return this.#stage.ledgers()
  }

  /** All of the state now. */
  captured(): GroupState[] {
    const capture = this.#stage.capture()
    this.#flush()
    const groups = Array.from({ length: this.#keyGroups }, (_unused, group) => capture.group(group)).flat()
    capture.release()
    return groups
  }

  #take(channel: Channel): void {
    const event = channel.events.shift()
    if (event?.kind === 'frame') {
      this.#stage.frame(event.input, event.frame)
      this.#send()
    } else if (event?.kind === 'watermark') {
      channel.watermark = event.time
      this.#advance()
    } else if (event?.kind === 'barrier') {
      channel.blocked = true
      if (this.#inputs.every(({ blocked }) => blocked)) this.#cut(event.checkpoint)
    }
  }

  /** Event time is where the slowest channel is. */
  #advance(): void {
    this.#stage.advance(this.#inputs.reduce((least, { watermark }) => Math.min(least, watermark), MAX_TIME))
    this.#due = true
  }

  #run(): void {
    this.#due = this.#stage.run(1 + this.#draw(this.#draw(3) === 0 ? 2 : 200))
    const { watermark } = this.#stage
    if (!this.#due && watermark === MAX_TIME && !this.#ended) {
      this.#stage.end()
      this.#ended = true
    }
    this.#send()
    if (this.#due || watermark <= this.#sent) return
    this.#sent = watermark
    this.#outputs.broadcast({ kind: 'watermark', time: watermark })
  }

  #send(): void {
    this.#outputs.send(this.#stage.take())
    if (this.#draw(4) === 0) this.#flush()
  }

  #flush(): void {
    for (const action of this.#stage.takeSinkActions()) {
      const folder = this.#folders.get(action.uid) as MemoryFolder
      if ('append' in action) folder.append(action.append)
      else folder.roll()
    }
  }

  #cut(checkpoint: number): void {
    const capture = this.#stage.capture()
    this.#flush()
    const cuts = new Map([...this.#folders].map(([uid, folder]) => [uid, folder.cut()]))
    this.#writing = { checkpoint, capture, groups: [], cuts, next: 0 }
    for (const channel of this.#inputs) channel.blocked = false
    this.#outputs.broadcast({ kind: 'barrier', checkpoint })
  }

  #write(writing: Writing): void {
    const end = Math.min(this.#keyGroups, writing.next + 1 + this.#draw(this.#keyGroups))
    for (; writing.next < end; writing.next++) writing.groups.push(...writing.capture.group(writing.next))
    if (writing.next < this.#keyGroups) return
    writing.capture.release()
    this.#writing = undefined
    this.#acknowledge(writing.checkpoint, { groups: writing.groups, cuts: writing.cuts })
  }
}
