import type { Plan } from '../stage/plan.ts'
import type { ConnectorTable } from '../stream/ports.ts'
import { joined } from './run-result.ts'

/** One split of a source with all its uncompressed bytes. */
export interface SplitBytes {
  readonly uid: string
  readonly split: string
  readonly bytes: Uint8Array
}

/** Reads every split of a plan's sources through their connectors. */
export async function readSplits(plan: Plan, connectors: ConnectorTable, base: string): Promise<SplitBytes[]> {
  const read: SplitBytes[] = []
  for (const { uid, connector: kind, options } of plan.sources) {
    const connector = connectors.sources.find((candidate) => candidate.kind === kind)
    if (connector === undefined) throw new Error(`no source connector "${kind}" for source "${uid}"`)
    const context = { uid, options, base, job: plan.name, warn: () => {} }
    for (const split of await connector.splits(context)) {
      const reader = await connector.open(context, split, 0)
      const chunks: Uint8Array[] = []
      for (let chunk = await reader.read(); chunk !== null; chunk = await reader.read()) chunks.push(chunk.slice())
      await reader.close()
      read.push({ uid, split: split.id, bytes: joined(chunks) })
    }
  }
  return read
}
