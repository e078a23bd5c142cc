import type { Counts } from '../operators/counts.ts'
import type { Plan } from '../stage/plan.ts'

/** What a run of a pipeline came to, in a form that two engines can be compared by. */
export interface RunResult {
  readonly plan: Plan
  /** Committed rows of each sink, by uid: whole parts, an open one last. */
  readonly sinks: ReadonlyMap<string, readonly Uint8Array[]>
  /** The last capture of operator state, by `uid/key group`. */
  readonly snapshot: ReadonlyMap<string, Uint8Array>
  readonly ledgers: Ledgers
}

export interface Ledgers {
  readonly sources: { readonly [uid: string]: Counts }
  readonly operators: { readonly [uid: string]: Counts }
}

/** Parts one behind the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
