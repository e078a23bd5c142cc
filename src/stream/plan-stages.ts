/**
 * The planner: orders operators topologically and fuses them between shuffles into stages.
 *
 * An operator joins the stage of its inputs when all of them come forward from that one stage; else it opens a stage.
 * Stage inputs are ranked in topological order, records before labels: the rank decides among records of equal time.
 */
import { MillraceError } from '../errors.ts'
import type { OperatorVertex, Partitioning, StageInput, StagePlan } from '../stage/plan.ts'

interface OpenStage {
  readonly id: string
  readonly partitioning: Partitioning
  readonly operators: string[]
  readonly inputs: StageInput[]
}

export function planStages(
  vertices: readonly OperatorVertex[],
  sources: ReadonlySet<string>,
): { operators: readonly OperatorVertex[]; stages: readonly StagePlan[] } {
  const operators = topological(vertices, sources)
  const stages: OpenStage[] = []
  const stageOf = new Map<string, OpenStage>()
  for (const vertex of operators) {
    const upstream = new Set(vertex.inputs.map(({ from }) => stageOf.get(from.uid)))
    const forward = vertex.inputs.every(({ partitioning }) => partitioning === 'forward')
    const [only] = upstream
    let stage = forward && upstream.size === 1 ? only : undefined
    if (stage === undefined) {
      stage = { id: vertex.uid, partitioning: partitioningOf(vertex), operators: [], inputs: [] }
      stages.push(stage)
      stage.inputs.push(...vertex.inputs.map((edge, input) => ({ uid: vertex.uid, input, edge })))
    }
    stage.operators.push(vertex.uid)
    stageOf.set(vertex.uid, stage)
  }
  return { operators, stages }
}

function partitioningOf(vertex: OperatorVertex): Partitioning {
  const shuffles = new Set(vertex.inputs.map(({ partitioning }) => partitioning))
  if (shuffles.size > 1) throw new Error(`operator "${vertex.uid}" has inputs of different partitionings`)
  return vertex.inputs[0].partitioning
}

/** Kahn's algorithm; among operators that are ready, the one declared first goes first. */
function topological(vertices: readonly OperatorVertex[], sources: ReadonlySet<string>): OperatorVertex[] {
  const placed = new Set(sources)
  const waiting = [...vertices]
  const order: OperatorVertex[] = []
  while (waiting.length > 0) {
    const next = waiting.findIndex(({ inputs }) => inputs.every(({ from }) => placed.has(from.uid)))
    if (next < 0) {
      throw new MillraceError('ML_PLAN', {
        what: `these operators feed back into themselves: ${waiting.map(({ uid }) => uid).join(', ')}`,
        remedy: 'A pipeline has no cycles; send feedback through a topic or a file and read it as a source',
      })
    }
    const [vertex] = waiting.splice(next, 1)
    placed.add(vertex.uid)
    order.push(vertex)
  }
  return order
}
