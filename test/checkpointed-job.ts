/** The small job of the crash tests: checkpoints and a file sink, driven as the engine drives them. */
import { expect } from 'vitest'
import { FileSink } from '../src/connectors/file/sink.ts'
import { CheckpointStore } from '../src/runtime/local/checkpoint-store.ts'
import { acquireLock } from '../src/storage/acquire-lock.ts'
import type { DirectoryLock } from '../src/storage/lock.ts'
import type { Processes } from '../src/storage/processes.ts'
import type { SinkWriter } from '../src/stream/ports.ts'
import { type DiskNode, type FolderNode, SimulatedDisk } from '../src/testing/simulated-disk.ts'

const PART_BYTES = 2500
const STATE = '/srv/job/state'
const OUT = '/srv/job/out'

/** Rows of different lengths, so that buffers, parts and sectors end everywhere. */
function row(i: number): string {
  return `${i},${'abcdefghij'.repeat((i * 37) % 23)}\n`
}

/** The parts an unfailed run writes: closed by the row that takes them to PART_BYTES. */
export function expectedParts(rows: number): string[] {
  const parts = ['']
  for (let i = 0; i < rows; i++) {
    parts[parts.length - 1] += row(i)
    if ((parts.at(-1) as string).length >= PART_BYTES) parts.push('')
  }
  return parts
}

/** A machine where everything that ran before the power cut is dead. */
function machine(boot: number): Processes {
  const self = { pid: 1, started: '', boot: `boot ${boot}`, space: '', host: 'here' }
  return { self: () => self, stateOf: (other) => (other.boot === self.boot ? 'alive' : 'dead') }
}

/** A checkpoint whose commit has returned: from this operation on no power cut may take it back. */
export interface Promised {
  readonly at: number
  readonly id: number
}

interface JobParts {
  readonly disk: SimulatedDisk
  readonly promised: Promised[]
  readonly warnings: Error[]
  readonly lock: DirectoryLock
  readonly store: CheckpointStore
  readonly sink: SinkWriter
}

export class Job {
  readonly disk: SimulatedDisk
  readonly promised: Promised[]
  /** What went wrong without failing a checkpoint. */
  readonly warnings: Error[]
  readonly #lock: DirectoryLock
  readonly #store: CheckpointStore
  readonly #sink: SinkWriter
  /** Rows done; a checkpoint's whole state. */
  rows: number
  #partBytes: number
  readonly restoredId: number

  static async open(disk: SimulatedDisk, boot: number, promised: Promised[] = []): Promise<Job> {
    const options = { storage: disk, processes: machine(boot), beatMs: 0, wait: async () => {} }
    const lock = await acquireLock(STATE, options)
    let sink: SinkWriter | undefined
    try {
      const warnings: Error[] = []
      const warn = (problem: Error) => void warnings.push(problem)
      const store = await CheckpointStore.open(STATE, { pipeline: 'job', lock, storage: disk, now: () => 0, warn })
      const latest = await store.latest()
      expect(latest?.damaged ?? []).toEqual([])
      // The older ones are whole too, or not there: each would do if the newest were damaged later.
      for (const { id } of await store.list()) await store.load(id)
      const checkpoint = latest?.checkpoint
      const prepared = checkpoint?.manifest.sinks.rows as { part: number; bytes: number } | undefined
      const context = { uid: 'rows', options: { folder: OUT, format: { name: 'csv' } }, base: '/' }
      sink = await new FileSink(options).open(context, checkpoint && prepared && { epoch: checkpoint.id, prepared })
      if (checkpoint && prepared) await sink.commit(checkpoint.id, prepared)
      const rows = checkpoint === undefined ? 0 : Buffer.from([...checkpoint.frames][1].bytes).readUInt32LE(0)
      const restored = { rows, partBytes: prepared?.bytes ?? 0, id: checkpoint?.id ?? 0 }
      return new Job({ disk, promised, warnings, lock, store, sink }, restored)
    } catch (error) {
      await sink?.close()
      await lock.release()
      throw error
    }
  }

  private constructor(parts: JobParts, restored: { rows: number; partBytes: number; id: number }) {
    this.disk = parts.disk
    this.promised = parts.promised
    this.warnings = parts.warnings
    this.#lock = parts.lock
    this.#store = parts.store
    this.#sink = parts.sink
    this.rows = restored.rows
    this.#partBytes = restored.partBytes
    this.restoredId = restored.id
  }

  process(count: number): void {
    for (let n = 0; n < count; n++) {
      const text = row(this.rows++)
      this.#sink.append(Buffer.from(text))
      this.#partBytes += text.length
      if (this.#partBytes < PART_BYTES) continue
      this.#sink.roll()
      this.#partBytes = 0
    }
  }

  /** The cut is here; `meanwhile` rows are processed while the checkpoint is being written. */
  async checkpoint(meanwhile: number): Promise<void> {
    const id = this.#store.nextId
    const state = Buffer.alloc(1300, id)
    state.writeUInt32LE(this.rows, 0)
    const prepared = this.#sink.prepare(id)
    const writer = this.#store.begin(id)
    writer.add('other', 0, Buffer.alloc(700, id))
    writer.add('counter', 5, state)
    this.process(meanwhile)
    const parts = { status: 'running', planHash: '', plan: null, splits: {}, ledgers: {}, counters: {} } as const
    const manifest = await writer.commit({ ...parts, sinks: { rows: await prepared } })
    this.promised.push({ at: this.disk.log.length, id })
    await this.#sink.commit(id, manifest.sinks.rows as never)
  }

  /** The end of the input: the part is closed although no row filled it. */
  async finish(): Promise<void> {
    this.#sink.roll()
    this.#partBytes = 0
    await this.checkpoint(0)
  }

  /** Ends without another checkpoint and frees the folders, as an engine does after a failure. */
  async close(): Promise<void> {
    await this.#sink.close()
    await this.#lock.release()
  }

  async run(checkpoints: number): Promise<void> {
    for (let n = 0; n < checkpoints; n++) {
      this.process(7 + ((this.rows * 5) % 11))
      await this.checkpoint(n % 3)
    }
    this.process(3)
    await this.#sink.drain()
  }
}

/** What the sink's folder holds, by part; hidden files left out. */
export function output(root: FolderNode): { final: Map<number, string>; open: Map<number, string> } {
  const found = { final: new Map<number, string>(), open: new Map<number, string>() }
  let folder: FolderNode | undefined = root
  for (const name of OUT.split('/').slice(1)) {
    const node: DiskNode | undefined = folder?.entries.get(name)
    folder = node?.kind === 'folder' ? node : undefined
  }
  for (const [name, node] of folder?.entries ?? []) {
    const [, part, open] = /^part-(\d+)\.csv(\.open)?$/.exec(name) ?? []
    if (part !== undefined && node.kind === 'file')
      found[open ? 'open' : 'final'].set(Number(part), Buffer.from(node.bytes).toString())
  }
  return found
}

/** Every part with its final name is whole: nobody ever reads a torn or a wrong one. */
function checkFinalParts(root: FolderNode, whole = expectedParts(500)): void {
  for (const [part, text] of output(root).final) if (text !== whole[part]) expect(text).toBe(whole[part])
}

/** Recovers from a state, checks what it finds, and hands the job back. */
export async function recover(
  state: FolderNode,
  boot: number,
  atLeast: number,
  atMost: number,
  whole?: string[],
): Promise<Job> {
  checkFinalParts(state, whole)
  const disk = new SimulatedDisk(state)
  const job = await Job.open(disk, boot)
  expect(job.restoredId).toBeGreaterThanOrEqual(atLeast)
  expect(job.restoredId).toBeLessThanOrEqual(atMost)
  const { final, open } = output(disk.root)
  const parts = expectedParts(job.rows)
  if (parts.at(-1) === '') parts.pop()
  const found = [...new Map([...open, ...final])].sort(([a], [b]) => a - b).map(([, text]) => text)
  expect(found).toEqual(parts)
  return job
}

/** A small seeded generator for schedules. */
export function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
