/** The ledgers of a job, from Flink's accumulators named `ledger/<source|operator>/<uid>/<counter>`. */
import type { JsonObject } from '../../stage/json.ts'
import type { Plan } from '../../stage/plan.ts'
import type { Accumulator } from './rest.ts'

type Counts = { [counter: string]: number }

/** As the embedded engine reports them. */
export interface Ledgers {
  readonly sources: JsonObject & { readonly [uid: string]: Counts }
  readonly operators: JsonObject & { readonly [uid: string]: Counts }
}

/** An uid may hold slashes, a counter may not. */
const NAME = /^ledger\/(source|operator)\/(.+)\/([^/]+)$/

/** @param plan where known: its order of sources and operators */
export function ledgersOf(accumulators: readonly Accumulator[], plan?: Plan): Ledgers {
  const found = { source: new Map<string, Counts>(), operator: new Map<string, Counts>() }
  const zero = { in: 0, processed: 0, rejected: 0, late: 0 }
  for (const { name, value } of accumulators) {
    const match = NAME.exec(name)
    if (match === null) continue
    const [, role, uid, counter] = match
    const ledgers = found[role as keyof typeof found]
    const counts = ledgers.get(uid) ?? { ...zero }
    ledgers.set(uid, counts)
    counts[counter] = (counts[counter] ?? 0) + Number(value)
  }
  return {
    sources: inOrder(found.source, plan?.sources),
    operators: inOrder(found.operator, plan?.operators),
  }
}

/** Records and rejected pieces that the sources have read. */
export function recordsIn({ sources }: Ledgers): number {
  return Object.values(sources).reduce((sum, counts) => sum + counts.in, 0)
}

function inOrder(ledgers: ReadonlyMap<string, Counts>, vertices: readonly { uid: string }[] = []): Ledgers['sources'] {
  const place = new Map(vertices.map(({ uid }, index) => [uid, index]))
  const rank = (uid: string) => place.get(uid) ?? place.size
  const sorted = [...ledgers].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
  return Object.fromEntries(sorted)
}
