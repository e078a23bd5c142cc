/** How the fault tests run a pipeline: on the embedded engine, in a folder of its own, with its rows kept in memory. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pipeline } from 'millrace'
import { type RunHandle, type RunOptions, type RunReport, run } from 'millrace/embedded'
import { onTestFinished } from 'vitest'
import { ByteReader } from '../../src/bytes/reader.ts'
import { MemoryEnds } from '../../src/connectors/memory/ends.ts'
import { MemorySink } from '../../src/connectors/memory/sink.ts'
import type { Rejected } from '../../src/operators/operator.ts'
import { readCheckpoint } from '../../src/runtime/local/checkpoint-folder.ts'
import { nodeStorage } from '../../src/storage/node-storage.ts'

/** A new folder, removed when the test has finished. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'millrace-fault-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

export interface Counts {
  readonly [counter: string]: number
}

export interface Finished {
  readonly base: string
  readonly report: RunReport
  readonly handle: RunHandle
  readonly warnings: readonly string[]
  /** Rows of a memory sink. */
  rows(uid: string): unknown[]
  /** What went to the sink `rejected`. */
  readonly letters: readonly Rejected[]
  ledger(uid: string): Counts
  /** State of one operator by key group, its ledger left out. */
  state(uid: string): Promise<Map<number, string>>
}

export interface FaultyOptions extends RunOptions {
  /** Input files by name. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  readonly ends?: MemoryEnds
}

/** Runs to the end. Checkpoints come each 100 records, so that state travels through them. */
export async function runToEnd(pipeline: Pipeline, options: FaultyOptions = {}): Promise<Finished> {
  const { files = {}, ends = new MemoryEnds(), base = folder(), ...rest } = options
  for (const [name, content] of Object.entries(files)) writeFileSync(join(base, name), content)
  const warnings: string[] = []
  const given = options.connectors ?? { sources: [], sinks: [] }
  const handle = await run(pipeline, {
    checkpointEvery: 0,
    checkpointRecords: 100,
    warn: (message) => void warnings.push(message),
    ...rest,
    base,
    connectors: { sources: given.sources, sinks: [...given.sinks, new MemorySink(ends)] },
  })
  const report = await handle.done
  const { sources, operators } = report.ledgers as unknown as Record<string, Record<string, Counts>>
  return {
    base,
    report,
    handle,
    warnings,
    rows: (uid) => ends.rows(uid),
    letters: ends.rows('rejected') as Rejected[],
    ledger: (uid) => sources[uid] ?? operators[uid],
    state: (uid) => stateOf(report.checkpoint, uid),
  }
}

/** State of one operator in a checkpoint, by key group, as text: header, timers, held records and the operator's own bytes; groups with nothing but counts are left out. */
export async function stateOf(checkpoint: string, uid: string): Promise<Map<number, string>> {
  const states = new Map<number, string>()
  for (const frame of (await readCheckpoint(nodeStorage, checkpoint)).frames) {
    const state = frame.uid === uid ? withoutLedger(frame.bytes) : undefined
    if (state !== undefined) states.set(frame.group, state)
  }
  return states
}

function withoutLedger(bytes: Uint8Array): string | undefined {
  const reader = new ByteReader(bytes, 'a frame')
  const version = reader.u8()
  const watermark = reader.zigzag()
  const ended = reader.u8()
  for (let counters = reader.varint(); counters > 0; counters--) {
    reader.string()
    reader.varint()
  }
  const rest = Buffer.from(reader.raw(reader.remaining)).toString('hex')
  // No timers, no held records, nothing of its own.
  return rest === '0000' ? undefined : `${version} ${watermark} ${ended} ${rest}`
}
