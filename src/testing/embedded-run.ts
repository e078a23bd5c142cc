/**
 * Runs a pipeline file on the embedded engine, from its bundle, in a folder of its own, with the result in the form that
 * the second engine gives too.
 *
 * An interruption is a suspend or a fatal error at a drawn place of the input; the next run goes on from what it left.
 */
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundlePipeline } from '../bundle/bundle.ts'
import type { Bundle } from '../bundle/bundle-script.ts'
import { evaluateBundle } from '../bundle/evaluate.ts'
import { FileSource } from '../connectors/file/source.ts'
import { WatchSource } from '../connectors/file/watch-source.ts'
import { HybridSource } from '../connectors/hybrid/source.ts'
import { MemorySource } from '../connectors/memory/source.ts'
import { type RunHandle, run } from '../embedded/run.ts'
import { Xoshiro128 } from '../numeric/xoshiro128.ts'
import { readCheckpoint } from '../runtime/local/checkpoint-folder.ts'
import type { RunReport } from '../runtime/local/job.ts'
import type { JsonObject } from '../stage/json.ts'
import type { Plan } from '../stage/plan.ts'
import { nodeStorage } from '../storage/node-storage.ts'
import type { Ledgers, RunResult } from './run-result.ts'
import { ShakenSource } from './shaken-source.ts'

export interface EmbeddedRunOptions {
  /** Runs that end early, each by a suspend or by an error in the middle. Default 0. */
  readonly interruptions?: number
  /** Records between two checkpoints; default 0: only the last one. */
  readonly checkpointRecords?: number
  /** Default 1. */
  readonly seed?: number
  readonly params?: JsonObject
  /** Folder of the files that the pipeline reads by relative path. */
  readonly base?: string
}

/** An interruption comes before one of so many reads. */
const READS_BEFORE_INTERRUPTION = [4, 12, 30, 60]

/** What a run is killed by. */
class Interruption extends Error {}

export async function runEmbedded(pipeline: string | Bundle, options: EmbeddedRunOptions = {}): Promise<RunResult> {
  const { interruptions = 0, checkpointRecords = 0, seed = 1, params = {} } = options
  const bundle = typeof pipeline === 'string' ? await bundlePipeline(pipeline) : pipeline
  const random = new Xoshiro128(seed)
  const draw = (bound: number) => random.nextInt(bound)
  const base = await mkdtemp(join(fastFolder(), 'millrace-run-'))
  try {
    if (options.base !== undefined) await cp(options.base, base, { recursive: true })
    for (let left = interruptions; ; left--) {
      const { pipeline: loaded, setPhase } = evaluateBundle(bundle)
      setPhase('processing')
      const at =
        left > 0 ? draw(READS_BEFORE_INTERRUPTION[draw(READS_BEFORE_INTERRUPTION.length)]) : Number.POSITIVE_INFINITY
      const gently = draw(2) === 0
      let handle: RunHandle | undefined
      let read = 0
      const onRead = () => {
        if (read++ < at) return
        if (!gently) throw new Interruption('interrupted')
        handle?.stop()
      }
      const sources = [new FileSource(), new WatchSource(), new MemorySource()].map(
        (source) => new ShakenSource(source, draw, onRead),
      )
      const report = await (async () => {
        handle = await run(loaded, {
          params,
          base,
          state: 'state',
          checkpointEvery: 0,
          checkpointRecords,
          warn: () => {},
          connectors: { sources: [...sources, new HybridSource(sources)], sinks: [] },
        })
        return await handle.done
      })().catch((error: unknown) => {
        if (error instanceof Interruption) return undefined
        throw error
      })
      if (report?.end === 'finished') return await resultOf(report, loaded.program(params).plan, base)
    }
  } finally {
    await rm(base, { recursive: true, force: true })
  }
}

/** Memory where the system has it as a folder: these runs say nothing of power cuts, and wait for a disk a thousand times. */
function fastFolder(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
}

async function resultOf(report: RunReport, plan: Plan, base: string): Promise<RunResult> {
  const sinks = new Map<string, Uint8Array[]>()
  for (const { uid, kind, options } of plan.operators) {
    if (kind !== 'sink') continue
    const { folder } = options.options as { folder?: string }
    if (folder === undefined) throw new Error(`sink "${uid}" leaves no files to compare`)
    sinks.set(uid, await partsOf(join(base, folder)))
  }
  const snapshot = new Map<string, Uint8Array>()
  const checkpoint = await readCheckpoint(nodeStorage, report.checkpoint)
  for (const { uid, group, bytes } of checkpoint.frames) snapshot.set(`${uid}/${group}`, bytes.slice())
  return { plan, sinks, snapshot, ledgers: report.ledgers as unknown as Ledgers }
}

async function partsOf(folder: string): Promise<Uint8Array[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith('part-')).sort()
  return Promise.all(names.map(async (name) => new Uint8Array(await readFile(join(folder, name)))))
}
