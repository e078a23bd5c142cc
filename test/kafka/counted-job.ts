// A job that writes numbered rows through a transaction domain, with checkpoints that remember where it was: what an engine
// does, without the engine. Tests kill it and compare what readers see with what it was told.
import { KafkaSink } from '../../src/connectors/kafka/sink.ts'
import type { JobContext, TransactionDomain } from '../../src/stream/ports.ts'
import { frame } from './row-frame.ts'

export const MARKER_TOPIC = '__millrace_checkpoints'

export interface CountedJobOptions {
  readonly brokers: string
  readonly topics: readonly string[]
  readonly job: string
  /** Options of all its sinks beside the usual ones. */
  readonly sink?: { readonly [name: string]: string | number }
  readonly warn?: (message: string) => void
}

/** Contexts of sinks as an engine makes them, each named for its topic. */
export function contexts({ brokers, topics, job, sink = {}, warn = () => {} }: CountedJobOptions): JobContext[] {
  return topics.map((topic) => ({
    uid: `to ${topic}`,
    base: '/',
    job,
    warn,
    options: {
      brokers: [brokers],
      topic,
      compression: 'none',
      transactionTimeoutMs: 60_000,
      markerTopic: MARKER_TOPIC,
      ...sink,
    },
  }))
}

export class CountedJob {
  readonly options: CountedJobOptions
  /** Where each checkpoint was; kept when the job dies, as a state folder is. */
  readonly positions: Map<number, number>
  domain: TransactionDomain
  position: number
  epoch: number
  readonly recovered: number | null

  /** Starts from the checkpoint that the cluster says was decided. */
  static async start(options: CountedJobOptions, positions = new Map<number, number>()): Promise<CountedJob> {
    const domain = await new KafkaSink().openDomain(contexts(options))
    try {
      return new CountedJob(options, positions, domain, await domain.recover())
    } catch (error) {
      await domain.close()
      throw error
    }
  }

  private constructor(
    options: CountedJobOptions,
    positions: Map<number, number>,
    domain: TransactionDomain,
    recovered: number | null,
  ) {
    this.options = options
    this.positions = positions
    this.domain = domain
    this.recovered = recovered
    this.position = recovered === null ? 0 : (positions.get(recovered) as number)
    this.epoch = recovered ?? 0
  }

  /** Rows to the topics in turn; of five rows one has a key of its own. */
  write(count: number, bytes = 0): void {
    for (let n = 0; n < count; n++) {
      const ordinal = this.position++
      const topic = this.options.topics[ordinal % this.options.topics.length]
      const row = frame(ordinal, `row ${ordinal}${'.'.repeat(bytes)}`, { keyText: `key ${ordinal % 5}` })
      this.domain.writer(`to ${topic}`).append(row)
    }
  }

  async prepare(): Promise<void> {
    this.positions.set(++this.epoch, this.position)
    await this.domain.prepare(this.epoch)
  }

  async checkpoint(): Promise<void> {
    await this.prepare()
    await this.domain.commit(this.epoch)
  }
}

/** Rows of `CountedJob` as a topic shows them, by key in the order of their partition. */
export function byKey(records: readonly { readonly key: string | null; readonly value: string | null }[]): string {
  const found = new Map<string, string[]>()
  for (const { key, value } of records) {
    const number = (value as string).replace(/\.+$/, '')
    found.set(String(key), [...(found.get(String(key)) ?? []), number])
  }
  return JSON.stringify([...found].sort())
}

/** What `byKey` gives for the first rows of a job, of one of its topics. */
export function expectedByKey(rows: number, topics = 1, index = 0): string {
  const records = Array.from({ length: rows }, (_, i) => ({ key: `key ${i % 5}`, value: `row ${i}` }))
  return byKey(records.filter((_, i) => i % topics === index))
}
