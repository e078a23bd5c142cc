/**
 * Guest: a program behind a port of bytes, JSON text and numbers. What runs where objects cannot pass: inside Flink's
 * V8, and in the second engine of the tests.
 *
 * The host pushes bytes and frames in, asks for progress, and takes frames out; each outgoing frame belongs to one
 * stage input, its records already carry their routing hash.
 */
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import type { RecordSchema } from '../formats/schema.ts'
import type { KernelMemory } from '../numeric/kernel-memory.ts'
import type { RowBlock, RowValues } from '../operators/operator.ts'
import { edgeDecoder, edgeEncoder } from '../stage/frame.ts'
import { FrameReader } from '../stage/frame-reader.ts'
import type { FrameRows } from '../stage/frame-rows.ts'
import { FrameWriter } from '../stage/frame-writer.ts'
import { HeldFrames } from '../stage/held-frames.ts'
import type { StageInput } from '../stage/plan.ts'
import { SOURCE_OUTPUTS, type SourceTask, type SplitBounds, type SplitState } from '../stage/source-task.ts'
import type { Stage, StageCapture } from '../stage/stage.ts'
import type { Identity } from '../time/identity.ts'
import { frozen } from './frozen.ts'
import type { Pipeline } from './pipeline.ts'
import type { Program } from './program.ts'

/** Records on their way to one input of one stage. */
export interface OutgoingFrame {
  readonly stage: number
  readonly input: number
  readonly frame: Uint8Array
}

/** What a sink operator put out: bytes to append, or the end of a part. */
export type SinkAction =
  | { readonly uid: string; readonly append: Uint8Array }
  | { readonly uid: string; readonly roll: true }

/** Takes frames without a copy between: `writer.finish()` has closed the frame, and `moveTo` puts it where it is wanted. */
export type FrameTarget = (stage: number, input: number, length: number, writer: FrameWriter) => void

/** Frame writers of the edges that leave one vertex set, by the place of their port. */
class Outgoing {
  readonly #ports: { stage: number; input: number; writer: FrameWriter }[][]

  constructor(program: Program, ports: readonly { readonly uid: string; readonly output: string }[]) {
    const { stages, keyGroups } = program.plan
    const writerOf = (entry: StageInput) =>
      new FrameWriter(edgeEncoder(rowsOf(program, entry)), keyOf(program, entry), keyGroups)
    this.#ports = ports.map(({ uid, output }) =>
      stages.flatMap(({ inputs }, stage) =>
        inputs.flatMap((entry, input) =>
          entry.edge.from.uid === uid && entry.edge.from.output === output
            ? [{ stage, input, writer: writerOf(entry) }]
            : [],
        ),
      ),
    )
  }

  add(port: number, identity: Identity, value: unknown): void {
    const edges = this.#ports[port]
    for (let i = 0; i < edges.length; i++) edges[i].writer.put(identity, value)
  }

  /** As `StageHost.emitRows`. */
  addRows(port: number, rows: RowBlock, from: number, to: number, values: RowValues): number {
    const edges = this.#ports[port]
    return edges.length === 1 ? edges[0].writer.putRows(rows, from, to, values) : from
  }

  takeTo(target: FrameTarget): void {
    for (const edges of this.#ports) {
      for (const { stage, input, writer } of edges) {
        const length = writer.finish()
        if (length > 0) target(stage, input, length, writer)
      }
    }
  }

  take(): OutgoingFrame[] {
    const frames: OutgoingFrame[] = []
    for (const { stage, input, writer } of this.#ports.flat()) {
      const frame = writer.take()
      if (frame !== undefined) frames.push({ stage, input, frame })
    }
    return frames
  }
}

/** One split of a source. */
export class GuestSplit {
  readonly #task: SourceTask
  readonly #outgoing: Outgoing

  constructor(program: Program, uid: string, split: SplitBounds, state: string | null) {
    this.#outgoing = new Outgoing(
      program,
      SOURCE_OUTPUTS.map((output) => ({ uid, output })),
    )
    const resume = state === null ? undefined : (JSON.parse(state) as SplitState)
    this.#task = program.openSplit(
      uid,
      split,
      (output, envelope) => this.#outgoing.add(SOURCE_OUTPUTS.indexOf(output), envelope, envelope.value),
      resume,
    )
  }

  push(chunk: Uint8Array): void {
    this.#task.push(chunk)
  }

  end(): void {
    this.#task.finish()
  }

  /** Emits at most `limit` pieces; fewer when it needs more bytes. */
  pump(limit: number): number {
    return this.#task.pump(limit)
  }

  take(): OutgoingFrame[] {
    return this.#outgoing.take()
  }

  takeTo(target: FrameTarget): void {
    this.#outgoing.takeTo(target)
  }

  get watermark(): number {
    return this.#task.watermark
  }

  /** The split was idle: what the others have `reached` without it is over for it too. */
  wake(reached: number): void {
    this.#task.clock.idle = true
    this.#task.clock.wake(reached)
  }

  get finished(): boolean {
    return this.#task.finished
  }

  /** Offset of the first byte not yet consumed. */
  get consumed(): number {
    return this.#task.consumed
  }

  /** JSON text. */
  state(): string {
    return JSON.stringify(this.#task.state())
  }
}

/** One subtask of a stage: the key groups `firstGroup` and on that its host gives it. */
export class GuestStage {
  readonly #stage: Stage
  readonly #outgoing: Outgoing
  readonly #readers: readonly FrameReader[]
  /** Of inputs whose rows are read where they lie. */
  readonly #rows: readonly (FrameRows | undefined)[]
  readonly #held = new HeldFrames()
  readonly #writer = new ByteWriter(1 << 12)
  #actions: SinkAction[] = []

  constructor(
    program: Program,
    index: number,
    firstGroup: number,
    rejected: readonly string[],
    kernelMemory?: () => KernelMemory | undefined,
  ) {
    const actions = (uid: string) => ({
      append: (bytes: Uint8Array) => void this.#actions.push({ uid, append: bytes.slice() }),
      roll: () => void this.#actions.push({ uid, roll: true }),
    })
    this.#stage = program.openStage(
      index,
      {
        emit: (outlet, identity, value) => this.#outgoing.add(outlet, identity, value),
        emitRows: (outlet, rows, from, to, values) => this.#outgoing.addRows(outlet, rows, from, to, values),
        sink: actions,
        kernelMemory,
        admit: rejected.length === 0 ? undefined : (identity) => !rejected.includes(identityText(identity)),
      },
      firstGroup,
    )
    this.#outgoing = new Outgoing(program, this.#stage.outlets)
    const { id, inputs } = this.#stage.plan
    this.#readers = inputs.map(
      (entry, input) => new FrameReader(edgeDecoder(rowsOf(program, entry)), `stage "${id}", input ${input}`),
    )
    this.#rows = inputs.map((entry, input) => {
      const schema = rowsOf(program, entry)
      return schema === undefined ? undefined : this.#stage.rowsOf(input, schema)
    })
  }

  /** Records for one input. */
  frame(input: number, frame: Uint8Array): void {
    const reader = this.#readers[input]
    const rows = this.#rows[input]
    const stage = this.#stage
    if (stage.ordered && reader.hold(frame, this.#held, (identity, held, at) => stage.hold(input, identity, held, at)))
      return
    if (rows === undefined || rows.row.refused) reader.read(frame, (envelope) => stage.push(input, envelope))
    else reader.readRows(frame, rows, () => stage.pushRows(input, rows))
  }

  advance(watermark: number): void {
    this.#stage.advance(watermark)
  }

  /** Processes at most `limit` records and timers; true when more are due. */
  run(limit: number): boolean {
    return this.#stage.run(limit)
  }

  tick(now: number, limit: number): boolean {
    return this.#stage.tick(now, limit)
  }

  /** Everything up to this time has left. */
  get watermark(): number {
    return this.#stage.watermark
  }

  /** True when a processing-time timer is set: the host must tick. */
  get ticking(): boolean {
    return this.#stage.ticking
  }

  /** Identity of the record or timer under way, or of the last one, as text. */
  underWay(): string {
    for (const rows of this.#rows) rows?.settle()
    return identityText(this.#stage.cursor)
  }

  end(): void {
    this.#stage.end()
  }

  take(): OutgoingFrame[] {
    return this.#outgoing.take()
  }

  takeTo(target: FrameTarget): void {
    this.#outgoing.takeTo(target)
  }

  /** What sinks put out since the last call, in order; with `flush` also the rows they still hold to make larger pieces. */
  takeSinkActions(flush = true): SinkAction[] {
    if (flush) this.#stage.flush()
    const actions = this.#actions
    this.#actions = []
    return actions
  }

  /** Marks the state; the capture is written group by group. */
  capture(): GuestCapture {
    return new GuestCapture(this.#stage.capture(), this.#writer)
  }

  restore(uid: string, group: number, bytes: Uint8Array): void {
    this.#stage.restoreGroup(uid, group, new ByteReader(bytes, `operator "${uid}", key group ${group}`))
  }

  /** Ledgers by operator uid, as JSON text. */
  ledgers(): string {
    return JSON.stringify(
      Object.fromEntries([...this.#stage.operators()].map(([uid, { operator }]) => [uid, operator.ledger.totals()])),
    )
  }
}

export class GuestCapture {
  readonly #capture: StageCapture
  readonly #writer: ByteWriter

  constructor(capture: StageCapture, writer: ByteWriter) {
    this.#capture = capture
    this.#writer = writer
  }

  /** The state of each operator that has any in the group. */
  group(group: number): { readonly uid: string; readonly bytes: Uint8Array }[] {
    const parts: { uid: string; bytes: Uint8Array }[] = []
    this.#capture.writeGroup(group, this.#writer, (uid, bytes) => parts.push({ uid, bytes: bytes.slice() }))
    return parts
  }

  release(): void {
    this.#capture.release()
  }
}

/** The whole port: what a bundle exports beside the pipeline. */
export class Guest {
  readonly #program: Program

  /** @param freeze makes what the user's functions are given immutable: for tests, at a price */
  constructor(pipeline: Pipeline, params: string, freeze = false) {
    const program = pipeline.program(JSON.parse(params))
    this.#program = freeze ? frozen(program) : program
  }

  /** Bytes of this realm for the host to fill: what it hands in is made here. */
  bytes(length: number): Uint8Array {
    return new Uint8Array(length)
  }

  /** The plan as JSON text. */
  plan(): string {
    return JSON.stringify(this.#program.plan)
  }

  openSplit(uid: string, split: SplitBounds, state: string | null): GuestSplit {
    return new GuestSplit(this.#program, uid, split, state)
  }

  /**
   * @param rejected identities of records that the stage keeps out, as `underWay` gives them
   * @param kernelMemory memory that frames come in, if the host has such: see `StageHost`
   */
  openStage(
    index: number,
    firstGroup: number,
    rejected: readonly string[] = [],
    kernelMemory?: () => KernelMemory | undefined,
  ): GuestStage {
    return new GuestStage(this.#program, index, firstGroup, rejected, kernelMemory)
  }
}

function identityText({ origin, split, position, time, path }: Identity): string {
  return JSON.stringify([origin, split, position, time, path])
}

function rowsOf(program: Program, { edge }: StageInput): RecordSchema<unknown> | undefined {
  return edge.rows === null ? undefined : program.schema(edge.rows)
}

function keyOf(program: Program, { uid, input, edge }: StageInput): ((value: unknown) => unknown) | undefined {
  if (edge.partitioning !== 'key') return undefined
  return program.functions().get(`${uid}/key${input}`) as ((value: unknown) => unknown) | undefined
}
