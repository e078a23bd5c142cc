import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { encodeValue } from '../formats/value-codec.ts'
import type { KernelMemory } from '../numeric/kernel-memory.ts'
import type { Counts } from '../operators/counts.ts'
import { writeIdentity } from '../stage/identity-codec.ts'
import type { Stage } from '../stage/stage.ts'
import type { Program } from '../stream/program.ts'
import { type Envelope, envelopeOf, MAX_TIME, ROOT_PATH } from '../time/identity.ts'

/** A record for one input of a stage. */
export interface TrialRecord {
  /** Index among the inputs of the stage: the first records, then labels. Default 0. */
  readonly input?: number
  /** Event time in milliseconds. Records are given in its order. */
  readonly time: number
  readonly value: unknown
}

/** Bytes of operator state by `uid/key group`. */
export type TrialState = ReadonlyMap<string, Uint8Array>

/**
 * One subtask of the stage that holds an operator, fed by hand, what it puts out written down as text; where the frames come in
 * the memory of kernels, in that.
 */
export class StageTrial {
  readonly stage: Stage
  /** Each emission as `outlet identity value`, in hexadecimal. */
  readonly outputs: string[] = []
  readonly #keyGroups: number

  constructor(program: Program, uid: string, state?: TrialState, memory?: KernelMemory) {
    const index = program.plan.stages.findIndex(({ operators }) => operators.includes(uid))
    if (index < 0) throw new Error(`the program has no operator "${uid}"`)
    this.#keyGroups = program.plan.keyGroups
    this.stage = program.openStage(index, {
      kernelMemory: () => memory,
      emit: (outlet, identity, value) => void this.outputs.push(written(outlet, envelopeOf(identity, value))),
      sink: (sink) => ({
        // Byte by byte: how many are handed over at a time says nothing.
        append: (bytes) => {
          for (const byte of bytes) this.outputs.push(`${sink} ${byte}`)
        },
        roll: () => void this.outputs.push(`${sink} part`),
      }),
    })
    for (const [place, bytes] of state ?? []) {
      const at = place.lastIndexOf('/')
      this.stage.restoreGroup(
        place.slice(0, at),
        Number(place.slice(at + 1)),
        new ByteReader(bytes, `state of ${place}`),
      )
    }
  }

  /** Records `from` to `to` of a list, which gives them their identity; event time follows behind them. */
  feed(records: readonly TrialRecord[], from = 0, to = records.length): this {
    for (let i = from; i < to; i++) {
      const { input = 0, time, value } = records[i]
      this.stage.push(input, { time, origin: 'trial', split: '0', position: i, path: ROOT_PATH, value })
      this.reach(time - 1)
    }
    return this
  }

  /** Event time comes to `time`, and everything follows that does. */
  reach(time: number): this {
    this.stage.advance(time)
    while (this.stage.run(7));
    return this
  }

  finish(): this {
    this.reach(MAX_TIME)
    this.stage.end()
    this.stage.flush()
    return this
  }

  /** Marks the state; the function it returns writes what was there. */
  mark(): () => TrialState {
    const capture = this.stage.capture()
    return () => {
      const state = new Map<string, Uint8Array>()
      const writer = new ByteWriter(1024)
      for (let group = 0; group < this.#keyGroups; group++) {
        capture.writeGroup(group, writer, (uid, bytes) => state.set(`${uid}/${group}`, bytes.slice()))
      }
      capture.release()
      return state
    }
  }

  /** What one operator itself keeps, without counts, timers and records held back. */
  operatorState(uid: string): string {
    const capture = this.stage.operators().get(uid)?.operator.capture?.()
    const groups: string[] = []
    const writer = new ByteWriter(1024)
    for (let group = 0; group < this.#keyGroups; group++) {
      writer.reset()
      capture?.writeGroup(group, writer)
      groups.push(hex(writer.view()))
    }
    capture?.release()
    return groups.join()
  }

  ledgers(): { [uid: string]: Counts } {
    return Object.fromEntries([...this.stage.operators()].map(([uid, { operator }]) => [uid, operator.ledger.totals()]))
  }
}

export function stateText(state: TrialState): string {
  return [...state]
    .map(([place, bytes]) => `${place} ${hex(bytes)}`)
    .sort()
    .join('\n')
}

function written(outlet: number, envelope: Envelope): string {
  const writer = new ByteWriter(256)
  writeIdentity(envelope, writer)
  encodeValue(envelope.value, writer)
  return `${outlet} ${hex(writer.view())}`
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}
