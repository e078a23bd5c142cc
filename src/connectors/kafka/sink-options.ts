import { MillraceError } from '../../errors.ts'
import type { ConnectorContext, JobContext } from '../../stream/ports.ts'

/** The options of a Kafka sink, as `kafka(...)` in `index.ts` puts them into the plan. */
export interface SinkOptions {
  readonly brokers: readonly string[]
  readonly topic: string
  readonly guarantee?: 'exactly-once' | 'at-least-once'
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly transactionTimeoutMs: number
  readonly markerTopic: string
  readonly transactionalIdPrefix?: string
}

export function sinkOptions({ options }: ConnectorContext): SinkOptions {
  return options as unknown as SinkOptions
}

/** What names the cluster of a sink. */
export function clusterName(context: ConnectorContext): string {
  return `kafka ${[...sinkOptions(context).brokers].sort().join(',')}`
}

/** What all sinks of a transaction have in common. */
export interface TransactionOptions {
  readonly transactionTimeoutMs: number
  readonly markerTopic: string
  /** What the transactional ids begin with. */
  readonly prefix: string
}

/** @throws ML_RANGE where two sinks do not agree, or no checkpoint could ever be in time */
export function transactionOptions(contexts: readonly JobContext[]): TransactionOptions {
  const [first, ...others] = contexts
  const of = (context: JobContext) => {
    const { transactionTimeoutMs, markerTopic, transactionalIdPrefix } = sinkOptions(context)
    return { transactionTimeoutMs, markerTopic, prefix: transactionalIdPrefix ?? context.job }
  }
  const common = of(first)
  const { checkpointMs = 0 } = first
  if (checkpointMs >= common.transactionTimeoutMs) {
    throw new MillraceError('ML_RANGE', {
      what: `a transaction is aborted after ${common.transactionTimeoutMs} ms, and checkpoints come every ${checkpointMs} ms only`,
      where: `transactionTimeout of sink "${first.uid}"`,
      remedy: 'Take checkpoints more often, or raise transactionTimeout to several times their interval',
    })
  }
  for (const other of others) {
    for (const [name, value] of Object.entries(of(other))) {
      const given = common[name as keyof TransactionOptions]
      if (given === value) continue
      throw new MillraceError('ML_RANGE', {
        what: `sinks "${first.uid}" and "${other.uid}" share a transaction, but not ${name === 'prefix' ? 'transactionalIdPrefix' : name}`,
        got: [given, value],
        remedy: 'Give both the same, or neither',
      })
    }
  }
  return common
}
