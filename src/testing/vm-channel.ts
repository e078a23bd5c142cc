import { splitFrame } from '../stage/frame.ts'
import type { StagePlan } from '../stage/plan.ts'
import { keyGroupOf, subtaskOfGroup } from '../state/key-groups.ts'
import type { OutgoingFrame } from '../stream/guest.ts'
import { NO_WATERMARK } from '../time/watermarks.ts'

/** What travels between two subtasks, in order. */
export type ChannelEvent =
  | { readonly kind: 'frame'; readonly input: number; readonly frame: Uint8Array }
  | { readonly kind: 'watermark'; readonly time: number }
  | { readonly kind: 'barrier'; readonly checkpoint: number }

/** One upstream subtask to one downstream subtask, over one edge: first in, first out. */
export class Channel {
  readonly events: ChannelEvent[] = []
  /** The last watermark that came out. */
  watermark = NO_WATERMARK
  /** Its barrier has come and others have not: nothing more is taken until they have. */
  blocked = false
}

/** An edge seen from one upstream subtask: the channels to those of the stage that it reaches, by their index. */
export interface OutputEdge {
  readonly stage: StagePlan
  readonly input: number
  readonly parallelism: number
  readonly channels: ReadonlyMap<number, Channel>
}

/** All that leaves one subtask. */
export class Outputs {
  readonly #edges: readonly (OutputEdge & { readonly index: number })[]
  readonly #keyGroups: number
  readonly #pick: (count: number) => number

  /** @param pick which of several channels takes a frame that any of them may take */
  constructor(
    edges: readonly (OutputEdge & { readonly index: number })[],
    keyGroups: number,
    pick: (count: number) => number,
  ) {
    this.#edges = edges
    this.#keyGroups = keyGroups
    this.#pick = pick
  }

  send(frames: readonly OutgoingFrame[]): void {
    for (const { stage, input, frame } of frames) {
      const edge = this.#edges.find((candidate) => candidate.index === stage && candidate.input === input)
      if (edge === undefined)
        throw new Error(`a frame left for stage ${stage}, input ${input}, which has no channel here`)
      for (const [target, part] of this.#routed(edge, frame)) {
        const channel = edge.channels.get(target)
        if (channel === undefined) throw new Error(`no channel to subtask ${target} of stage "${edge.stage.id}"`)
        channel.events.push({ kind: 'frame', input, frame: part })
      }
    }
  }

  /** A watermark or a barrier goes to every subtask there is. */
  broadcast(event: ChannelEvent): void {
    for (const { channels } of this.#edges) for (const channel of channels.values()) channel.events.push(event)
  }

  #routed({ stage, parallelism, channels }: OutputEdge, frame: Uint8Array): Iterable<readonly [number, Uint8Array]> {
    if (stage.partitioning === 'single') return [[0, frame]]
    if (stage.partitioning === 'forward') return [[[...channels.keys()][this.#pick(channels.size)], frame]]
    return splitFrame(frame, `stage "${stage.id}"`, (hash) =>
      subtaskOfGroup(keyGroupOf(hash, this.#keyGroups), parallelism, this.#keyGroups),
    )
  }
}
