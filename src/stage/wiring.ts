/** Makes the operators of a stage and connects their outputs: to each other where they are fused, else to outlets. */
import type { SinkOutput } from '../operators/sink.ts'
import { Cell, type CellHost, type Target } from './cell.ts'
import { createOperator, OPERATOR_OUTPUTS } from './create-operator.ts'
import type { Functions } from './functions.ts'
import type { OperatorVertex, Plan, Port, StagePlan } from './plan.ts'

export interface Wiring {
  /** Operators in topological order. */
  readonly cells: ReadonlyMap<string, Cell>
  /** Ports whose records leave the stage. */
  readonly outlets: readonly Port[]
}

export function wire(
  plan: Plan,
  stage: StagePlan,
  functions: Functions,
  host: CellHost,
  sink: (uid: string) => SinkOutput,
): Wiring {
  const cells = new Map<string, Cell>()
  const vertices = stage.operators.map((uid) => plan.operators.find((vertex) => vertex.uid === uid) as OperatorVertex)
  for (const vertex of vertices) {
    const cell = new Cell(vertex.uid, OPERATOR_OUTPUTS[vertex.kind].length, host)
    cell.operator = createOperator(plan, vertex, cell, functions, sink)
    cells.set(vertex.uid, cell)
  }
  const outlets: Port[] = []
  for (const { uid, kind } of vertices) {
    OPERATOR_OUTPUTS[kind].forEach((output, index) => {
      for (const target of targetsOf(plan, stage, { uid, output }, cells, outlets))
        cells.get(uid)?.connect(index, target)
    })
  }
  return { cells, outlets }
}

/** Where a port leads: to operators fused into this stage, and out of it at most once. */
function targetsOf(
  plan: Plan,
  stage: StagePlan,
  port: Port,
  cells: ReadonlyMap<string, Cell>,
  outlets: Port[],
): Target[] {
  const targets: Target[] = []
  let leaves = false
  for (const consumer of plan.operators) {
    consumer.inputs.forEach(({ from }, input) => {
      if (from.uid !== port.uid || from.output !== port.output) return
      const enters = stage.inputs.some((entry) => entry.uid === consumer.uid && entry.input === input)
      const cell = cells.get(consumer.uid)
      if (cell === undefined || enters) leaves = true
      else targets.push({ operator: cell.operator, input })
    })
  }
  if (leaves) targets.push({ outlet: outlets.push(port) - 1 })
  return targets
}
