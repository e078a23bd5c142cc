/**
 * A realm for one subtask: the bundle in an emptied context, behind a port that passes bytes, JSON text and numbers only.
 *
 * Bytes are copied into memory of the other realm and out of it, as they are between a JVM and V8; so an object of the
 * host can never be seen by the pipeline, nor the other way round.
 */
import type { Bundle } from '../bundle/bundle-script.ts'
import { evaluateBundle } from '../bundle/evaluate.ts'
import type { Counts } from '../operators/counts.ts'
import type { Plan } from '../stage/plan.ts'
import type { Guest, GuestCapture, GuestSplit, GuestStage, OutgoingFrame, SinkAction } from '../stream/guest.ts'

type GuestClass = new (pipeline: unknown, params: string, freeze: boolean) => Guest

export class VmRealm {
  readonly #guest: Guest

  constructor(bundle: Bundle, params: string) {
    const exports = evaluateBundle(bundle, { capabilities: {} })
    const Class = exports.Guest as GuestClass
    this.#guest = new Class(exports.pipeline, params, true)
    exports.setPhase('processing')
  }

  plan(): Plan {
    return JSON.parse(this.#guest.plan())
  }

  openSplit(uid: string, split: string, state: string | null): VmSplit {
    return new VmSplit(this.#guest, this.#guest.openSplit(uid, { id: split }, state))
  }

  openStage(index: number, firstGroup: number): VmStage {
    return new VmStage(this.#guest, this.#guest.openStage(index, firstGroup))
  }
}

/** One split, decoded in a realm of its own. */
export class VmSplit {
  readonly #guest: Guest
  readonly #split: GuestSplit

  constructor(guest: Guest, split: GuestSplit) {
    this.#guest = guest
    this.#split = split
  }

  push(chunk: Uint8Array): void {
    const bytes = inside(this.#guest, chunk)
    this.#split.push(bytes)
    // A decoder may keep nothing of a chunk that is not its own.
    bytes.fill(0xa5)
  }

  end(): void {
    this.#split.end()
  }

  pump(limit: number): number {
    return this.#split.pump(limit)
  }

  take(): OutgoingFrame[] {
    return framesOut(this.#split.take())
  }

  get watermark(): number {
    return this.#split.watermark
  }

  get finished(): boolean {
    return this.#split.finished
  }

  get consumed(): number {
    return this.#split.consumed
  }

  state(): string {
    return this.#split.state()
  }
}

/** One subtask of a stage, in a realm of its own. */
export class VmStage {
  readonly #guest: Guest
  readonly #stage: GuestStage

  constructor(guest: Guest, stage: GuestStage) {
    this.#guest = guest
    this.#stage = stage
  }

  frame(input: number, frame: Uint8Array): void {
    const bytes = inside(this.#guest, frame)
    this.#stage.frame(input, bytes)
    bytes.fill(0xa5)
  }

  advance(watermark: number): void {
    this.#stage.advance(watermark)
  }

  run(limit: number): boolean {
    return this.#stage.run(limit)
  }

  get watermark(): number {
    return this.#stage.watermark
  }

  end(): void {
    this.#stage.end()
  }

  take(): OutgoingFrame[] {
    return framesOut(this.#stage.take())
  }

  takeSinkActions(): SinkAction[] {
    return Array.from(this.#stage.takeSinkActions(), (action) =>
      'append' in action ? { uid: action.uid, append: outside(action.append) } : { uid: action.uid, roll: true },
    )
  }

  capture(): VmCapture {
    return new VmCapture(this.#stage.capture())
  }

  restore(uid: string, group: number, bytes: Uint8Array): void {
    const copy = inside(this.#guest, bytes)
    this.#stage.restore(uid, group, copy)
    copy.fill(0xa5)
  }

  ledgers(): { [uid: string]: Counts } {
    return JSON.parse(this.#stage.ledgers())
  }
}

export class VmCapture {
  readonly #capture: GuestCapture

  constructor(capture: GuestCapture) {
    this.#capture = capture
  }

  group(group: number): { uid: string; group: number; bytes: Uint8Array }[] {
    return Array.from(this.#capture.group(group), ({ uid, bytes }) => ({ uid, group, bytes: outside(bytes) }))
  }

  release(): void {
    this.#capture.release()
  }
}

function inside(guest: Guest, bytes: Uint8Array): Uint8Array {
  const copy = guest.bytes(bytes.length)
  copy.set(bytes)
  return copy
}

function outside(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

function framesOut(frames: readonly OutgoingFrame[]): OutgoingFrame[] {
  return Array.from(frames, ({ stage, input, frame }) => ({ stage, input, frame: outside(frame) }))
}
