/**
 * How far in event time one split may run ahead of another on Flink, where nobody says: as far as some ten thousand
 * records of the densest split reach, by what stands at its beginning. What runs ahead waits in a stage's memory, so the
 * bound that matters is one of records; Flink knows one of time.
 */
import { FileSource } from '../connectors/file/source.ts'
import { MemorySource } from '../connectors/memory/source.ts'
import type { JobContext, SourceConnector, Split } from '../stream/ports.ts'
import type { Program } from '../stream/program.ts'

/** Records that may wait. */
const RECORDS_AHEAD = 10_000
/** Looked at in each split. */
const SAMPLE_RECORDS = 2000
/** More splits of one source are like those before. */
const SAMPLE_SPLITS = 4
const LEAST_MS = 1000

const connectors = [new FileSource(), new MemorySource()]

/** @returns undefined where no split tells: not to be read from here, without event times, or of one moment only */
export async function estimatedDriftMs(program: Program, base: string): Promise<number | undefined> {
  const { plan } = program
  if (plan.order !== 'eventTime' || plan.clock !== 'declared') return undefined
  let least = Number.POSITIVE_INFINITY
  for (const source of plan.sources) {
    const connector = connectors.find(({ kind }) => kind === source.connector)
    if (connector === undefined) continue
    const context = { uid: source.uid, options: source.options, base, job: plan.name, warn: () => {} }
    // A file that only the cluster sees is no mistake.
    const splits = await connector.splits(context).catch(() => [])
    for (const split of splits.slice(0, SAMPLE_SPLITS)) {
      const span = await msPerRecord(program, connector, context, split).catch(() => 0)
      if (span > 0) least = Math.min(least, span)
    }
  }
  return least === Number.POSITIVE_INFINITY ? undefined : Math.max(LEAST_MS, Math.ceil(least * RECORDS_AHEAD))
}

async function msPerRecord(
  program: Program,
  connector: SourceConnector,
  context: JobContext,
  split: Split,
): Promise<number> {
  const reader = await connector.open(context, split, 0)
  let records = 0
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  const task = program.openSplit(context.uid, split, (output, { time }) => {
    if (output !== 'records') return
    records++
    first = Math.min(first, time)
    last = Math.max(last, time)
  })
  try {
    while (records < SAMPLE_RECORDS) {
      const chunk = await reader.read()
      if (chunk === null) break
      task.push(chunk)
      while (records < SAMPLE_RECORDS && task.pump(SAMPLE_RECORDS) === SAMPLE_RECORDS);
    }
  } finally {
    await reader.close()
  }
  return records > 1 ? (last - first) / (records - 1) : 0
}
