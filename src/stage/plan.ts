/**
 * The plan: versioned, plain JSON. What runs where, without a single function.
 *
 * Vertices are sources, operators and sinks; each has a uid. Functions the user gave are held beside the plan under
 * `uid/name`. The planner fuses operators between shuffles into stages; a sink is an operator of a stage of its own.
 */
import type { JsonValue } from './json.ts'

export const PLAN_VERSION = 1
/** Fixed in the plan: state is stored per key group, so the number bounds parallelism for ever. */
export const KEY_GROUPS = 128

export interface Plan {
  readonly version: typeof PLAN_VERSION
  readonly name: string
  readonly order: 'eventTime' | 'arrival'
  /** 'declared': the sources' event times; 'rows': no source declares one, the row number orders records. */
  readonly clock: 'declared' | 'rows'
  readonly keyGroups: number
  readonly sources: readonly SourceVertex[]
  readonly operators: readonly OperatorVertex[]
  readonly stages: readonly StagePlan[]
}

export interface SourceVertex {
  readonly uid: string
  readonly connector: string
  readonly options: { readonly [key: string]: JsonValue }
  readonly format: { readonly name: string; readonly [key: string]: JsonValue }
  readonly schema: JsonValue
  readonly bounded: boolean
  /** Milliseconds between two looks for new splits; 0: never. */
  readonly discoverMs: number
  /** Milliseconds without a record after which a split that has caught up no longer holds the watermark back; 0: never. */
  readonly idleMs: number
  readonly guarantee: 'exactly-once' | 'at-least-once' | 'at-most-once'
  /** Milliseconds by which event times may run backwards within a split. */
  readonly outOfOrdernessMs: number
}

/** One output of a vertex. */
export interface Port {
  readonly uid: string
  readonly output: string
}

export type Partitioning = 'forward' | 'key' | 'single'

export interface InputEdge {
  readonly from: Port
  readonly partitioning: Partitioning
  /** Uid of the source whose fixed rows travel here, or JUDGED_ROWS; null: tagged values. */
  readonly rows: string | null
}

export interface OperatorVertex {
  readonly uid: string
  readonly kind: string
  readonly inputs: readonly InputEdge[]
  readonly options: { readonly [key: string]: JsonValue }
}

/** Operators fused between shuffles. */
export interface StagePlan {
  /** Uid of its first operator: for messages, never for state. */
  readonly id: string
  readonly partitioning: Partitioning
  /** In topological order. */
  readonly operators: readonly string[]
  /** Edges that enter the stage; the index is the rank of the input in the order of records. */
  readonly inputs: readonly StageInput[]
}

export interface StageInput {
  readonly uid: string
  /** Which input of that operator. */
  readonly input: number
  readonly edge: InputEdge
}
