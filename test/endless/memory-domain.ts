/** A transaction domain in memory that behaves as a log does: open transactions end with their writer, committed ones stay. */
import type { SinkDeclaration } from 'millrace'
import { MillraceError } from '../../src/errors.ts'
import type { JobContext, SinkConnector, SinkWriter, TransactionDomain } from '../../src/stream/ports.ts'

export function transactional(topic: string, log = 'log'): SinkDeclaration {
  return { role: 'sink', kind: 'transactional', options: { topic, log }, format: { name: 'jsonl' } }
}

/** What happens to the next commits, in turn. */
export type CommitFate = 'applied' | 'applied, answer lost' | 'refused'

export class TransactionalLog {
  /** Committed rows by topic. */
  readonly rows = new Map<string, string[]>()
  readonly commits: number[] = []
  readonly fates: CommitFate[] = []
  /** The last mark of each job. */
  readonly marks = new Map<string, number>()
  epoch = 0

  commit(job: string, checkpoint: number, rows: readonly (readonly [string, string])[]): void {
    for (const [topic, text] of rows) this.rows.set(topic, [...(this.rows.get(topic) ?? []), text])
    this.marks.set(job, checkpoint)
    this.commits.push(checkpoint)
  }

  values(topic: string): unknown[] {
    const lines = (this.rows.get(topic) ?? []).join('').split('\n').slice(0, -1)
    return lines.map((line) => JSON.parse(line))
  }
}

export class TransactionalSink implements SinkConnector {
  readonly kind = 'transactional'
  readonly guarantee = 'exactly-once'
  readonly #log: TransactionalLog

  constructor(log: TransactionalLog) {
    this.#log = log
  }

  domain({ options }: JobContext): string {
    return String(options.log)
  }

  open(): Promise<SinkWriter> {
    throw new Error('opened outside its domain')
  }

  async openDomain(contexts: readonly JobContext[]): Promise<TransactionDomain> {
    return new MemoryDomain(this.#log, contexts)
  }
}

class MemoryDomain implements TransactionDomain {
  readonly name: string
  readonly #log: TransactionalLog
  readonly #job: string
  readonly #topics: ReadonlyMap<string, string>
  #epoch = 0
  #open: [string, string][] = []
  readonly #prepared = new Map<number, [string, string][]>()

  constructor(log: TransactionalLog, contexts: readonly JobContext[]) {
    this.name = String(contexts[0].options.log)
    this.#log = log
    this.#job = contexts[0].job
    this.#topics = new Map(contexts.map(({ uid, options }) => [uid, String(options.topic)]))
  }

  async recover(): Promise<number | null> {
    this.#epoch = ++this.#log.epoch
    return this.#log.marks.get(this.#job) ?? null
  }

  writer(uid: string): SinkWriter {
    const topic = this.#topics.get(uid) as string
    return {
      pendingBytes: 0,
      append: (bytes) => void this.#open.push([topic, Buffer.from(bytes).toString()]),
      roll: () => {},
      drain: async () => {},
      prepare: () => Promise.reject(new Error('prepared outside the domain')),
      commit: () => Promise.reject(new Error('committed outside the domain')),
      close: async () => {},
    }
  }

  async prepare(epoch: number) {
    this.#prepared.set(epoch, this.#open)
    this.#open = []
    return {}
  }

  async commit(epoch: number): Promise<void> {
    if (this.#epoch !== this.#log.epoch) throw new MillraceError('ML_FENCED', { what: 'a later writer is there' })
    const fate = this.#log.fates.shift() ?? 'applied'
    if (fate !== 'refused') this.#log.commit(this.#job, epoch, this.#prepared.get(epoch) as [string, string][])
    this.#prepared.delete(epoch)
    if (fate !== 'applied') throw new MillraceError('ML_FLINK_REST', { what: `the commit of ${epoch} got no answer` })
  }

  async close(): Promise<void> {}
}
