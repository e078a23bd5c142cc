/**
 * What Flink's host (Java, in `flink/`) talks to: the guest behind two windows of memory that both sides see.
 *
 * The host writes bytes into the input window and calls with numbers; the guest answers in the output window and returns
 * how many bytes stand there, negative when the window was replaced by a larger one since the host last asked for it.
 * Nothing else crosses but short JSON texts. Everything is little-endian.
 *
 *   answer  u8 flags, 3 bytes of nothing, u32 count, f64 watermark, then entries
 *   entry   u8 0, u16 stage, u16 input, u32 length, a frame
 *           u8 1, u16 operator of the stage, u32 length, rows to append
 *           u8 2, u16 operator of the stage, u32 0: the end of a part
 *           u8 3, u16 operator of the stage, u32 length, its state in the key group that was asked for
 */
import { ByteWriter } from '../../bytes/writer.ts'
import { KernelMemory } from '../../numeric/kernel-memory.ts'
import type { Plan } from '../../stage/plan.ts'
import { type FrameTarget, Guest, type GuestCapture, type GuestSplit, type GuestStage } from '../../stream/guest.ts'
import type { Pipeline } from '../../stream/pipeline.ts'
import { planDifferences, stageDifferences } from '../../stream/plan-differences.ts'

const FRAME = 0
const APPEND = 1
const ROLL = 2
const STATE = 3

/** Bits of the flags. */
const MORE = 1
const TICKING = 2
const FINISHED = 4

const WINDOW_BYTES = 1 << 16
/** A frame that is longer comes by a window of its own. */
const KERNEL_WINDOW_BYTES = 1 << 20

const NOTHING = new Uint8Array(0)

/** The two windows. */
class Windows {
  readonly #out = new ByteWriter(WINDOW_BYTES)
  #in = new Uint8Array(WINDOW_BYTES)
  #large = NOTHING
  #shown: ArrayBuffer | undefined
  #memory: KernelMemory | undefined

  /** The input window for this many bytes: always the same one, or another where that is too small. */
  input(bytes: number): Uint8Array<ArrayBuffer> {
    if (bytes <= this.#in.length) return this.#in
    if (bytes > this.#large.length) this.#large = new Uint8Array(2 ** Math.ceil(Math.log2(bytes)))
    return this.#large
  }

  /** Before the host asks for a window: what fits comes in the memory of kernels; undefined where there is none. */
  kernelMemory(): KernelMemory | undefined {
    this.#memory ??= KernelMemory.make(KERNEL_WINDOW_BYTES)
    if (this.#memory !== undefined) this.#in = this.#memory.window
    return this.#memory
  }

  output(): ArrayBuffer {
    this.#shown = this.#out.bytes.buffer
    return this.#shown
  }

  begin(flags: number, count: number, watermark: number): ByteWriter {
    const out = this.#out
    out.reset()
    out.u32(flags)
    out.u32(count)
    out.f64(watermark)
    return out
  }

  /** A frame is put where the host reads it, without a copy between. */
  readonly frame: FrameTarget = (stage, input, length, writer) => {
    const out = this.#out
    out.u8(FRAME)
    out.u16(stage)
    out.u16(input)
    out.u32(length)
    writer.moveTo(out)
  }

  append(operator: number, rows: Uint8Array): void {
    this.#entry(APPEND, operator, rows)
  }

  roll(operator: number): void {
    this.#entry(ROLL, operator, NOTHING)
  }

  state(operator: number, bytes: Uint8Array): void {
    this.#entry(STATE, operator, bytes)
  }

  /** Length of the answer. */
  end(): number {
    return this.#out.bytes.buffer === this.#shown ? this.#out.length : -this.#out.length
  }

  #entry(kind: number, operator: number, bytes: Uint8Array): void {
    const out = this.#out
    out.u8(kind)
    out.u16(operator)
    out.u32(bytes.length)
    out.raw(bytes)
  }
}

/** The splits that one source task reads. */
export class HostedSplits {
  readonly #guest: Guest
  readonly #windows = new Windows()
  readonly #splits: GuestSplit[] = []

  constructor(guest: Guest) {
    this.#guest = guest
  }

  input(bytes: number): ArrayBuffer {
    return this.#windows.input(bytes).buffer
  }

  output(): ArrayBuffer {
    return this.#windows.output()
  }

  /**
   * Opens a split, from its state as JSON text or, with '', from its beginning at the offset `start`; returns its number.
   *
   * @param end offset at which it ends, -1 where that is not fixed; kept in the state
   */
  open(uid: string, id: string, state: string, start = 0, end = -1): number {
    return this.#splits.push(this.#guest.openSplit(uid, { id, start, end }, state === '' ? null : state)) - 1
  }

  /** The next bytes of a split stand in the input window. */
  push(split: number, length: number): void {
    this.#splits[split].push(this.#windows.input(length).subarray(0, length))
  }

  end(split: number): void {
    this.#splits[split].end()
  }

  /** Emits at most `limit` pieces; `count` says how many: fewer when the split needs more bytes. */
  pump(split: number, limit: number): number {
    const task = this.#splits[split]
    const count = task.pump(limit)
    this.#windows.begin(task.finished ? FINISHED : 0, count, task.watermark)
    task.takeTo(this.#windows.frame)
    return this.#windows.end()
  }

  watermark(split: number): number {
    return this.#splits[split].watermark
  }

  /** The split was idle, and has records again. */
  wake(split: number, reached: number): void {
    this.#splits[split].wake(reached)
  }

  /** 1 when nothing more comes. */
  finished(split: number): number {
    return this.#splits[split].finished ? 1 : 0
  }

  /** Offset of the first byte not yet consumed. */
  consumed(split: number): number {
    return this.#splits[split].consumed
  }

  state(split: number): string {
    return this.#splits[split].state()
  }
}

/** One subtask of a stage. */
export class HostedStage {
  readonly #stage: GuestStage
  readonly #plan: Plan
  readonly #operators: readonly string[]
  readonly #windows = new Windows()
  #capture: GuestCapture | undefined

  constructor(guest: Guest, index: number, firstGroup: number, rejected: readonly string[]) {
    this.#stage = guest.openStage(index, firstGroup, rejected, () => this.#windows.kernelMemory())
    this.#plan = JSON.parse(guest.plan()) as Plan
    this.#operators = this.#plan.stages[index].operators
  }

  input(bytes: number): ArrayBuffer {
    return this.#windows.input(bytes).buffer
  }

  output(): ArrayBuffer {
    return this.#windows.output()
  }

  /** Frames stand one behind the other in the input window: u32 input, u32 length, the frame. */
  frames(length: number): number {
    const window = this.#windows.input(length)
    const view = new DataView(window.buffer)
    for (let at = 0; at < length; ) {
      const input = view.getUint32(at, true)
      const size = view.getUint32(at + 4, true)
      this.#stage.frame(input, window.subarray(at + 8, at + 8 + size))
      at += 8 + size
    }
    return this.#answer(false)
  }

  /** Event time has come to `watermark`; `run` does what follows. */
  advance(watermark: number): void {
    this.#stage.advance(watermark)
  }

  run(limit: number): number {
    return this.#answer(this.#stage.run(limit))
  }

  /** Processing time in milliseconds. */
  tick(now: number, limit: number): number {
    return this.#answer(this.#stage.tick(now, limit))
  }

  end(): number {
    this.#stage.end()
    return this.#answer(false)
  }

  /** Hands over the rows that sinks still buffer. */
  flush(): number {
    this.#windows.begin(0, 0, this.#stage.watermark)
    this.#sinkRows(true)
    return this.#windows.end()
  }

  /** Marks the state; `group` then gives it out until `release`. */
  capture(): void {
    this.#capture = this.#stage.capture()
  }

  group(group: number): number {
    this.#windows.begin(0, 0, this.#stage.watermark)
    for (const { uid, bytes } of this.#capture?.group(group) ?? []) {
      this.#windows.state(this.#operators.indexOf(uid), bytes)
    }
    return this.#windows.end()
  }

  release(): void {
    this.#capture?.release()
    this.#capture = undefined
  }

  /** Why the state of a stored plan cannot be taken over; '' when it can. */
  differences(stored: string): string {
    const [before, now] = [JSON.parse(stored) as Plan, this.#plan]
    return [...planDifferences(before, now), ...stageDifferences(before, now)].join('; ')
  }

  /** The state of an operator in a group stands in the input window. */
  restore(operator: number, group: number, length: number): void {
    this.#stage.restore(this.#operators[operator], group, this.#windows.input(length).subarray(0, length))
  }

  ledgers(): string {
    return this.#stage.ledgers()
  }

  /** Identity of the record or timer under way, or of the last one: what a script was at when it was ended from outside. */
  underWay(): string {
    return this.#stage.underWay()
  }

  #answer(more: boolean): number {
    const flags = (more ? MORE : 0) | (this.#stage.ticking ? TICKING : 0)
    this.#windows.begin(flags, 0, this.#stage.watermark)
    this.#stage.takeTo(this.#windows.frame)
    this.#sinkRows(false)
    return this.#windows.end()
  }

  #sinkRows(flush: boolean): void {
    for (const action of this.#stage.takeSinkActions(flush)) {
      const operator = this.#operators.indexOf(action.uid)
      if ('append' in action) this.#windows.append(operator, action.append)
      else this.#windows.roll(operator)
    }
  }
}

export function openSplits(pipeline: Pipeline, params: string): HostedSplits {
  return new HostedSplits(new Guest(pipeline, params))
}

/** @param rejected identities of records to keep out, as `underWay` names them: a JSON list */
export function openStage(
  pipeline: Pipeline,
  params: string,
  index: number,
  firstGroup: number,
  rejected: string,
): HostedStage {
  return new HostedStage(new Guest(pipeline, params), index, firstGroup, JSON.parse(rejected))
}
