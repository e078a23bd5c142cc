/**
 * Gives a checkpoint's state to the stages of a plan: matched by uid and kind, whatever else was edited.
 *
 * What the new plan cannot take over is refused before anything runs, with all differences in one message.
 */
import { ByteReader } from '../../bytes/reader.ts'
import { MillraceError } from '../../errors.ts'
import type { Plan } from '../../stage/plan.ts'
import { planDifferences } from '../../stream/plan-differences.ts'
import type { RestoredCheckpoint } from './checkpoint-store.ts'
import type { Topology } from './topology.ts'

export function restoreStages(topology: Topology, plan: Plan, restored: RestoredCheckpoint): void {
  const { manifest } = restored
  const differences = planDifferences(manifest.plan as unknown as Plan, plan)
  if (differences.length > 0) {
    throw new MillraceError('ML_OTHER_PLAN', {
      what: `the edited pipeline cannot take over checkpoint ${manifest.id}: ${differences.join('; ')}`,
      where: `pipeline "${plan.name}"`,
      remedy: 'Keep names, kinds and types of what has state, or start anew with --fresh',
    })
  }
  const stageOf = new Map(topology.stages.flatMap((stage) => stage.plan.operators.map((uid) => [uid, stage])))
  for (const { uid, group, bytes, offset } of restored.frames) {
    const where = `state of operator "${uid}", key group ${group}, offset ${offset}`
    stageOf.get(uid)?.restoreGroup(uid, group, new ByteReader(bytes, where))
  }
}
