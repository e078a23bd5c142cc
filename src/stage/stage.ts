/**
 * Stage: runs the operators between two shuffles. It knows no engine, no clock and no thread.
 *
 * In event-time order it holds records until the watermark and then processes them one by one in the order of their
 * identity, firing a timer at T after all records at T and before later ones; so its results depend on nothing but the
 * records. In arrival order it processes at once. Emission is synchronous: when `run` returns false, everything that
 * follows from the watermark has left the stage.
 */
import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { RowCursor } from '../formats/row-cursor.ts'
import type { RecordSchema } from '../formats/schema.ts'
import type { KernelMemory } from '../numeric/kernel-memory.ts'
import type { OperatorCapture, RowBlock, RowValues } from '../operators/operator.ts'
import type { SinkOutput } from '../operators/sink.ts'
import { SinkOperator } from '../operators/sink.ts'
import { type EncodedKey, KeyEncoder, keyFromText, keyText } from '../state/key.ts'
import { type Envelope, type Identity, MAX_TIME, MIN_TIME, ROOT_PATH } from '../time/identity.ts'
import { OrderBuffer } from '../time/order-buffer.ts'
import type { Timer } from '../time/timer.ts'
import { type Cell, type CellHost, type Cursor, poison } from './cell.ts'
import { FrameRows } from './frame-rows.ts'
import type { Functions } from './functions.ts'
import type { HeldFrame } from './held-frames.ts'
import { captureHeld, restoreHeld } from './held-records.ts'
import type { Plan, Port, StagePlan } from './plan.ts'
import { receiveRows } from './receive-rows.ts'
import { RowKeys } from './row-keys.ts'
import { type KeyFunction, RunAhead } from './run-ahead.ts'
import { StageTimers, writeList } from './stage-timers.ts'
import { wire } from './wiring.ts'

/** What the engine gives a stage. */
export interface StageHost {
  /** A record leaves by the outlet with this index in `stage.outlets`. Its identity changes when this returns. */
  emit(outlet: number, identity: Identity, value: unknown): void
  /** As `emit` of many rows; returns the first that has to go by `emit`, or `to`. */
  emitRows?(outlet: number, rows: RowBlock, from: number, to: number, values: RowValues): number
  /** Where a sink operator puts its rows. */
  sink(uid: string): SinkOutput
  /** Called before each record; returning false rejects it. Present only when the engine looks for a record that kills it. */
  admit?(identity: Identity): boolean
  /** Told what a function of the user threw; the record is rejected whatever the engine does with it. */
  thrown?(uid: string, error: unknown): void
  /** Memory that kernels share with the frames that come, where the engine has such. */
  kernelMemory?(): KernelMemory | undefined
}

/** State of a stage as it was at a cut. */
export interface StageCapture {
  /** Calls `take` with the bytes of each operator that has state in the group. The bytes are valid during the call. */
  writeGroup(group: number, writer: ByteWriter, take: (uid: string, bytes: Uint8Array) => void): void
  release(): void
}

const CELL_VERSION = 1

export class Stage implements CellHost {
  readonly plan: StagePlan
  readonly outlets: readonly Port[]
  readonly cursor: Cursor = { time: MIN_TIME, origin: '', split: '', position: 0, path: ROOT_PATH }
  /** The key under way: the encoder's scratch, or one that was encoded ahead. */
  key: EncodedKey
  readonly keyGroups: number
  readonly #host: StageHost
  readonly #ordered: boolean
  readonly #cells: ReadonlyMap<string, Cell>
  readonly #entries: Cell[] = []
  /** Of the entries: which input of the operator. */
  readonly #inputs: number[] = []
  readonly #keyFunctions: KeyFunction[] = []
  readonly #buffer = new OrderBuffer()
  readonly #timers: StageTimers
  readonly #encoder: KeyEncoder
  readonly #homeGroup: number
  readonly #ahead: RunAhead
  #target = MIN_TIME - 1
  #watermark = MIN_TIME - 1
  #restored = false
  #ended = false

  constructor(plan: Plan, stage: StagePlan, functions: Functions, host: StageHost, firstGroup = 0) {
    this.plan = stage
    this.keyGroups = plan.keyGroups
    this.#host = host
    this.#ordered = plan.order === 'eventTime' && stage.partitioning !== 'forward'
    this.#encoder = new KeyEncoder(plan.keyGroups)
    this.key = this.#encoder.encode(null)
    if (stage.partitioning === 'forward') this.key.group = firstGroup
    this.#homeGroup = this.key.group
    this.#timers = new StageTimers({ keyGroups: plan.keyGroups, where: `stage "${stage.id}"` })
    const { cells, outlets } = wire(plan, stage, functions, this, (uid) => host.sink(uid))
    this.#cells = cells
    this.outlets = outlets
    this.#ahead = new RunAhead(plan.keyGroups)
    for (const input of stage.inputs) {
      this.#entries.push(this.#cell(input.uid))
      this.#inputs.push(input.input)
      const key =
        stage.partitioning === 'key' ? (functions.get(`${input.uid}/key${input.input}`) as KeyFunction) : undefined
      this.#keyFunctions.push(key)
    }
  }

  /** Everything up to this event time has been processed and has left. */
  get watermark(): number {
    return this.#watermark
  }

  /** Records held back for the watermark. */
  get buffered(): number {
    return this.#buffer.size
  }

  push(input: number, envelope: Envelope): void {
    if (this.#ordered) this.#buffer.push(input, envelope, envelope.value)
    else this.#process(input, envelope, envelope.value)
  }

  /** Whether records wait for the watermark, whose frames are then better held than read: `hold`. */
  get ordered(): boolean {
    return this.#ordered
  }

  /** As `push` of a record that lies at `at` of a frame. */
  hold(input: number, identity: Identity, frame: HeldFrame, at: number): void {
    this.#buffer.push(input, identity, frame, at)
  }

  /** What holds rows of the input for `pushRows`; undefined where they have to come as records. */
  rowsOf(input: number, schema: RecordSchema<unknown>): FrameRows | undefined {
    const { operator } = this.#entries[input]
    if (this.#ordered || this.#host.admit !== undefined || !operator.takesRows?.(this.#inputs[input])) return undefined
    const key = this.#keyFunctions[input]
    const memory = key === undefined ? undefined : this.kernelMemory()
    const row = RowCursor.of(schema, memory)
    const keys = key === undefined ? undefined : new RowKeys(key, this.keyGroups, memory)
    return row === undefined ? undefined : new FrameRows(row, this, keys, memory)
  }

  /** As `push` for each row where it lies. */
  pushRows(input: number, rows: FrameRows): void {
    const { row, count } = rows
    for (let at = 0; at < count; at++) {
      if (!row.refused) at = receiveRows(this.#entries[input].operator, this.#inputs[input], rows, at)
      if (at === count) return
      rows.enter(at)
      row.at(at)
      // What a function has kept of the row is stale from here on.
      row.end()
      this.#process(input, this.cursor, row.toRecord())
    }
  }

  /** Event time has come to `watermark` on all inputs. `run` does what follows from it. */
  advance(watermark: number): void {
    if (watermark > this.#target) this.#target = watermark
  }

  /** Processes at most `limit` records and timers; true when more are due. */
  run(limit: number): boolean {
    const ahead = this.#ahead
    const target = this.#target
    for (let done = 0; done < limit; done++) {
      if (ahead.isEmpty) {
        ahead.fill(this.#buffer, target, limit - done)
        if (this.plan.partitioning === 'key') ahead.warm(this.#entries, this.#keyFunctions)
      }
      const timerTime = this.#timers.peekEvent()
      const recordTime = ahead.peekTime()
      if (recordTime <= target && recordTime <= timerTime) {
        const record = ahead.take()
        this.#process(record.rank, record, record.value, ahead.key)
      } else if (timerTime <= target) this.#fireEventTimer()
      else {
        this.#watermark = target
        return false
      }
    }
    ahead.giveBack(this.#buffer)
    return true
  }

  /** Processing time has come to `now` (milliseconds): fires what is due, at most `limit`; true when more are due. */
  tick(now: number, limit: number): boolean {
    for (let done = 0; done < limit; done++) {
      const timer = this.#timers.popTick(now)
      if (timer === undefined) return false
      this.#enterTimer(timer, Math.min(this.#watermark + 1, MAX_TIME))
      this.#cell(timer.uid).operator.onProcessingTimer?.(now, timer.tag)
    }
    return true
  }

  /** True when a processing-time timer is set. */
  get ticking(): boolean {
    return this.#timers.ticking
  }

  /**
   * End of a bounded stream: after the watermark reached the end and all timers fired. Nothing happens in a stage that was
   * restored behind its end: what the end gives out has been given out.
   */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#resetKey()
    for (const cell of this.#cells.values()) {
      this.#setCursor({ time: MAX_TIME, origin: `~${cell.uid}`, split: '', position: 0, path: ROOT_PATH })
      cell.operator.end?.()
    }
  }

  /** Hands over rows that sinks still buffer. */
  flush(): void {
    for (const cell of this.#cells.values()) if (cell.operator instanceof SinkOperator) cell.operator.flush()
  }

  /** The operators by uid: for ledgers and for reading models from outside. */
  operators(): ReadonlyMap<string, Cell> {
    return this.#cells
  }

  capture(): StageCapture {
    this.#resetKey()
    const captures = new Map<string, OperatorCapture | undefined>()
    const ledgers = new Map([...this.#cells].map(([uid, cell]) => [uid, cell.operator.ledger.copy()]))
    for (const [uid, cell] of this.#cells) captures.set(uid, cell.operator.capture?.())
    const held = captureHeld(this.#buffer, this.plan.inputs, (rank, value) => this.#groupOf(rank, value))
    const timers = this.#timers.capture()
    const watermark = this.plan.partitioning === 'forward' ? MIN_TIME : Math.max(this.#watermark, MIN_TIME)
    const ended = this.#ended
    return {
      writeGroup: (group, writer, take) => {
        for (const uid of this.#cells.keys()) {
          writer.reset()
          writer.u8(CELL_VERSION)
          writer.zigzag(watermark)
          writer.u8(ended ? 1 : 0)
          const ledger = ledgers.get(uid)
          // That it has ended is known where its one partition is; operators with keys give out nothing at the end.
          let used = ended && group === this.#homeGroup
          used = ledger?.writeGroup(group, writer) || used
          used = writeList(timers.get(`${uid}/${group}`), writer) || used
          used = writeList(held.get(`${uid}/${group}`), writer) || used
          const before = writer.length
          captures.get(uid)?.writeGroup(group, writer)
          if (used || writer.length > before) take(uid, writer.view())
        }
      },
      release: () => {
        for (const capture of captures.values()) capture?.release()
      },
    }
  }

  /** Restores one operator's state of one key group; the uid must be in this stage. */
  restoreGroup(uid: string, group: number, reader: ByteReader): void {
    const cell = this.#cell(uid)
    const version = reader.u8()
    if (version !== CELL_VERSION) {
      throw new MillraceError('ML_VERSION', {
        what: `state of operator "${uid}" has version ${version}; this release reads version ${CELL_VERSION}`,
        remedy: 'Restore it with the release that wrote it',
      })
    }
    this.#restoreWatermark(reader.zigzag())
    if (reader.u8() === 1) this.#ended = true
    cell.operator.ledger.restoreGroup(group, reader)
    for (let n = reader.varint(); n > 0; n--) this.#timers.restoreOne(uid, group, reader)
    restoreHeld(uid, reader, this.plan.inputs, this.#buffer)
    this.#resetKey(group)
    // A group may have counts or timers and nothing of the operator's own.
    if (reader.remaining > 0) cell.operator.restoreGroup?.(group, reader)
    reader.expectEnd()
  }

  /**
   * Key groups may come from several subtasks: everything has left up to the earliest of their watermarks. Lanes of
   * unordered records say nothing of each other; their time is that of the input.
   */
  #restoreWatermark(watermark: number): void {
    if (this.plan.partitioning === 'forward') return
    this.#watermark = this.#restored ? Math.min(this.#watermark, watermark) : watermark
    this.#target = this.#watermark
    this.#restored = true
  }

  // What cells call.

  thrown(uid: string, error: unknown): void {
    this.#host.thrown?.(uid, error)
  }

  leave(outlet: number, value: unknown): void {
    this.#host.emit(outlet, this.cursor, value)
  }

  leaveRows(outlet: number, rows: RowBlock, from: number, to: number, values: RowValues): number {
    return this.#host.emitRows?.(outlet, rows, from, to, values) ?? from
  }

  setTimer(kind: 'event' | 'processing', uid: string, time: number, tag: string): void {
    this.#timers.set(kind, { time, uid, keyText: keyText(this.key), group: this.key.group, tag })
  }

  deleteTimer(kind: 'event' | 'processing', uid: string, time: number, tag: string): void {
    this.#timers.delete(kind, { time, uid, keyText: keyText(this.key), group: this.key.group, tag })
  }

  kernelMemory(): KernelMemory | undefined {
    return this.#ordered ? undefined : this.#host.kernelMemory?.()
  }

  /** @param encoded the record's key, where it was encoded ahead */
  #process(input: number, identity: Identity, value: unknown, encoded?: EncodedKey): void {
    this.#setCursor(identity)
    const cell = this.#entries[input]
    if (this.#host.admit !== undefined && !this.#host.admit(identity)) {
      this.#resetKey()
      cell.rejectUnkeyed(value, poison(cell.uid))
      return
    }
    const keyFunction = this.#keyFunctions[input]
    if (keyFunction !== undefined) {
      try {
        this.key = encoded ?? this.#encoder.encode(keyFunction(value as never) as never)
      } catch (error) {
        // As frames do: what has no key goes where null goes.
        this.key = this.#encoder.encode(null)
        cell.rejectUnkeyed(value, error)
        return
      }
    }
    cell.operator.receive(this.#inputs[input], value)
  }

  #fireEventTimer(): void {
    const timer = this.#timers.popEvent()
    this.#enterTimer(timer, timer.time)
    this.#cell(timer.uid).operator.onEventTimer?.(timer.time, timer.tag)
  }

  /** Makes the timer's key and identity current. */
  #enterTimer({ uid, keyText: text, group, tag }: Timer, time: number): void {
    this.key = this.#encoder.encode(null)
    if (text !== '') keyFromText(text, this.key)
    this.key.group = group
    this.#setCursor({ time, origin: `~${uid}`, split: `${text}\u0000${tag}`, position: 0, path: ROOT_PATH })
  }

  #setCursor(identity: Identity): void {
    const { cursor } = this
    cursor.time = identity.time
    cursor.origin = identity.origin
    cursor.split = identity.split
    cursor.position = identity.position
    cursor.path = identity.path
  }

  #resetKey(group: number = this.#homeGroup): void {
    this.key = this.#encoder.encode(null)
    this.key.group = group
  }

  #cell(uid: string): Cell {
    const cell = this.#cells.get(uid)
    if (cell === undefined) throw new Error(`stage "${this.plan.id}" has no operator "${uid}"`)
    return cell
  }

  #groupOf(rank: number, value: unknown): number {
    const keyFunction = this.#keyFunctions[rank]
    if (keyFunction === undefined) return this.#homeGroup
    try {
      return this.#encoder.encode(keyFunction(value as never) as never).group
    } catch {
      return this.#encoder.encode(null).group
    } finally {
      this.#resetKey()
    }
  }
}
