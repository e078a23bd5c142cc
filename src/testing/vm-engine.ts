/**
 * The second engine: runs a pipeline file as a cluster would, each subtask in an emptied realm of its own, nothing but
 * bytes, JSON text and numbers between them. What passes here runs on Flink.
 *
 * A run follows from its seed alone: the order of steps, the sizes of chunks and frames, when checkpoints are taken and
 * when everything dies. After a crash it goes on from the last complete checkpoint, at the next parallelism of the list.
 *
 * @example
 * const calm = await runInVm(file, { parallelism: [1] })
 * const shaken = await runInVm(file, { parallelism: [1, 2, 3], seed: 7 })   // two crashes, then to the end
 */
import { bundlePipeline } from '../bundle/bundle.ts'
import type { Bundle } from '../bundle/bundle-script.ts'
import { ownFile } from '../bundle/own-modules.ts'
import { FileSource } from '../connectors/file/source.ts'
import { WatchSource } from '../connectors/file/watch-source.ts'
import { HybridSource } from '../connectors/hybrid/source.ts'
import { MemorySource } from '../connectors/memory/source.ts'
import { Xoshiro128 } from '../numeric/xoshiro128.ts'
import type { JsonObject } from '../stage/json.ts'
import type { ConnectorTable } from '../stream/ports.ts'
import { MemoryFolder } from './memory-folder.ts'
import type { RunResult } from './run-result.ts'
import { readSplits } from './split-bytes.ts'
import { type VmCheckpoint, VmDeployment } from './vm-deployment.ts'
import { VmRealm } from './vm-realm.ts'

export interface VmRunOptions {
  /** Parallelism of each deployment in turn; there is a crash between two. Default: one subtask a stage, no crash. */
  readonly parallelism?: readonly number[]
  /** Default 1. */
  readonly seed?: number
  readonly params?: JsonObject
  /** Folder against which relative locations are resolved; default the current one. */
  readonly base?: string
  /** Where splits are read; default files and memory. */
  readonly connectors?: Pick<ConnectorTable, 'sources'>
}

/** Steps between the end of a checkpoint and the next, on average. */
const CHECKPOINT_STEPS = 12
const CHECKPOINTS_BEFORE_CRASH = [0, 1, 1, 1, 2, 2, 3, 5, 9]

/** The bundle of a pipeline file with the guest inside, as `runInVm` wants it: make it once for several runs. */
export function guestBundle(file: string): Promise<Bundle> {
  return bundlePipeline(file, { guestModule: ownFile('../stream/guest.ts') })
}

/** Runs a pipeline, given as its file or its bundle, to its end. */
export async function runInVm(pipeline: string | Bundle, options: VmRunOptions = {}): Promise<RunResult> {
  const { parallelism = [1], seed = 1, base = '.' } = options
  const bundle = typeof pipeline === 'string' ? await guestBundle(pipeline) : pipeline
  const params = JSON.stringify(options.params ?? {})
  const plan = new VmRealm(bundle, params).plan()
  const built = [...(options.connectors?.sources ?? []), new FileSource(), new WatchSource(), new MemorySource()]
  const sources = [...built, new HybridSource(built)]
  const splits = await readSplits(plan, { sources, sinks: [] }, base)
  const random = new Xoshiro128(seed)
  const draw = (bound: number) => random.nextInt(bound)
  const sinks = plan.operators.filter(({ kind }) => kind === 'sink')
  const folders = new Map(sinks.map(({ uid }) => [uid, new MemoryFolder()]))
  let restored: VmCheckpoint | undefined
  for (const [attempt, width] of parallelism.entries()) {
    const from = restored
    for (const [uid, folder] of folders) folder.recover(from?.cuts.get(uid) ?? 0)
    const deployment = new VmDeployment({
      bundle,
      params,
      plan,
      splits,
      folders,
      parallelism: width,
      restored: from,
      firstCheckpoint: (from?.id ?? 0) + 1,
      draw,
      onCheckpoint: (checkpoint) => {
        restored = checkpoint
      },
    })
    const last = attempt === parallelism.length - 1
    // A crash comes some steps after a few checkpoints, seldom before the first; or at the end, before the last commit.
    let checkpointsLeft = last
      ? Number.POSITIVE_INFINITY
      : CHECKPOINTS_BEFORE_CRASH[draw(CHECKPOINTS_BEFORE_CRASH.length)]
    let stepsLeft = draw(draw(2) === 0 ? 20 : 200)
    let seen = restored
    while (!deployment.ended && (checkpointsLeft > 0 || stepsLeft > 0)) {
      if (draw(CHECKPOINT_STEPS) === 0) deployment.trigger()
      deployment.step()
      if (checkpointsLeft <= 0) stepsLeft--
      else if (restored !== seen) checkpointsLeft--
      seen = restored
    }
    if (!last) continue
    const { groups, ledgers } = deployment.finish()
    return {
      plan,
      sinks: new Map([...folders].map(([uid, folder]) => [uid, folder.parts()])),
      snapshot: new Map(groups.map(({ uid, group, bytes }) => [`${uid}/${group}`, bytes])),
      ledgers,
    }
  }
  throw new Error('parallelism must name at least one deployment')
}
