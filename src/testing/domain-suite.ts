import { setTimeout as delay } from 'node:timers/promises'
import { Xoshiro128 } from '../numeric/xoshiro128.ts'
import type { JobContext, SinkConnector, TransactionDomain } from '../stream/ports.ts'
import { type ContractCheck, demand } from './contract-check.ts'

/** Sinks whose rows are committed together, by a transaction that decides which checkpoint lives. */
export interface DomainSubject {
  /** For titles. */
  readonly name: string
  create(): SinkConnector
  /** Two sinks of one domain with new, empty targets, for a job of their own. */
  contexts(): Promise<readonly JobContext[]> | readonly JobContext[]
  /** The rows of a sink that others see, in order. */
  read(context: JobContext): Promise<readonly string[]> | readonly string[]
  /** A row as the sink takes it. */
  row(text: string, ordinal: number): Uint8Array
  /** Lives of the random check; 25 by default, for domains that are quick. */
  readonly lives?: number
}

const STEPS = 30
/** A commit is decided when it returns; what others see may follow. */
const [LOOKS, LOOK_MS] = [200, 50]

/** What every transaction domain must do. */
export function domainSuite(subject: DomainSubject): readonly ContractCheck[] {
  const check = (title: string, run: (trial: Trial) => Promise<void>): ContractCheck => ({
    title: `${subject.name}: ${title}`,
    run: async () => {
      const trial = new Trial(subject, await subject.contexts())
      try {
        await run(trial)
      } finally {
        await trial.end()
      }
    },
  })
  return [
    check('knows of no checkpoint before the first', async (trial) => {
      demand((await trial.start()) === null, 'recover says null')
    }),
    check('rows of all sinks are seen once their checkpoint is committed, and not before', async (trial) => {
      await trial.start()
      for (let epoch = 1; epoch <= 4; epoch++) {
        trial.write(5)
        await trial.prepare()
        await trial.seeExactly()
        await trial.commit()
        await trial.seeSoon()
      }
    }),
    check('rows after the cut belong to the next checkpoint', async (trial) => {
      await trial.start()
      trial.write(3)
      const preparing = trial.prepare()
      trial.write(3)
      await preparing
      await trial.commit()
      await trial.seeSoon()
      await trial.prepare()
      await trial.commit()
      await trial.seeSoon()
    }),
    check(
      'what was prepared and not committed is never seen, and recover tells the checkpoint before',
      async (trial) => {
        await trial.start()
        trial.write(3)
        await trial.prepare()
        await trial.commit()
        trial.write(3)
        await trial.prepare()
        await trial.leave()
        demand((await trial.start()) === 1, 'recover says 1')
        await trial.seeExactly()
        trial.write(2)
        await trial.prepare()
        await trial.commit()
        await trial.seeSoon()
      },
    ),
    check('a domain that was replaced is fenced, and shows nothing', async (trial) => {
      await trial.start()
      trial.write(2)
      await trial.prepare()
      const zombie = trial.domain
      await trial.start()
      const code = await zombie.commit(1).then(
        () => 'none',
        (error: { code?: unknown }) => error.code,
      )
      demand(code === 'ML_FENCED', `ML_FENCED, not ${String(code)}`)
      await zombie.close()
      await trial.seeExactly()
    }),
    check('through any sequence of cuts, commits and crashes every row is seen once', async () => {
      for (let seed = 1; seed <= (subject.lives ?? 25); seed++) {
        await shake(new Trial(subject, await subject.contexts()), seed)
      }
    }),
  ]
}

async function shake(trial: Trial, seed: number): Promise<void> {
  const random = new Xoshiro128(seed)
  await trial.start()
  for (let step = 0; step < STEPS; step++) {
    const luck = random.nextInt(10)
    if (luck < 5) trial.write(1 + random.nextInt(20))
    else {
      const preparing = trial.prepare()
      if (random.nextInt(2) === 0) trial.write(random.nextInt(10))
      await preparing
      if (luck < 8) await trial.commit()
      else {
        if (luck === 8) await trial.leave()
        const expected = trial.committed
        const found = await trial.start()
        demand(found === expected, `recover says ${expected}, not ${found} (seed ${seed})`)
      }
    }
  }
  await trial.prepare()
  await trial.commit()
  await trial.seeSoon()
  await trial.end()
}

/** A job over the domain beside a model of it. */
class Trial {
  domain: TransactionDomain = undefined as unknown as TransactionDomain
  /** The last checkpoint whose commit has returned. */
  committed: number | null = null
  readonly #subject: DomainSubject
  readonly #contexts: readonly JobContext[]
  readonly #open: TransactionDomain[] = []
  /** By checkpoint, how many rows it covers. */
  readonly #cuts = new Map<number, number>()
  #epoch = 0
  #rows = 0

  constructor(subject: DomainSubject, contexts: readonly JobContext[]) {
    this.#subject = subject
    this.#contexts = contexts
  }

  /** Opens the domain anew, as the next process does, and goes back to what it says was decided. */
  async start(): Promise<number | null> {
    const connector = this.#subject.create()
    const names = new Set(this.#contexts.map((context) => connector.domain?.(context)))
    demand(names.size === 1 && !names.has(undefined), 'the sinks are of one domain')
    this.domain = (await connector.openDomain?.(this.#contexts)) as TransactionDomain
    this.#open.push(this.domain)
    const decided = await this.domain.recover()
    this.#epoch = decided ?? 0
    this.#rows = this.#cuts.get(this.#epoch) ?? 0
    return decided
  }

  write(count: number): void {
    for (let n = 0; n < count; n++, this.#rows++) {
      const { uid } = this.#contexts[this.#rows % this.#contexts.length]
      this.domain.writer(uid).append(this.#subject.row(textOf(this.#rows), this.#rows))
    }
  }

  async prepare(): Promise<void> {
    this.#cuts.set(++this.#epoch, this.#rows)
    await this.domain.prepare(this.#epoch)
  }

  async commit(): Promise<void> {
    await this.domain.commit(this.#epoch)
    this.committed = this.#epoch
  }

  /** The process ends in order, without another commit. */
  async leave(): Promise<void> {
    this.#open.splice(this.#open.indexOf(this.domain), 1)
    await this.domain.close()
  }

  async end(): Promise<void> {
    for (const domain of this.#open.splice(0)) await domain.close()
  }

  async seeExactly(): Promise<void> {
    const wrong = await this.#difference()
    demand(wrong === undefined, wrong ?? '')
  }

  async seeSoon(): Promise<void> {
    for (let left = LOOKS; left > 0 && (await this.#difference()) !== undefined; left--) await delay(LOOK_MS)
    await this.seeExactly()
  }

  async #difference(): Promise<string | undefined> {
    const covered = this.committed === null ? 0 : (this.#cuts.get(this.committed) as number)
    for (const [i, context] of this.#contexts.entries()) {
      const expected = Array.from({ length: covered }, (_, row) => row)
        .filter((row) => row % this.#contexts.length === i)
        .map(textOf)
      const seen = await this.#subject.read(context)
      if (seen.join() === expected.join()) continue
      return `sink "${context.uid}" shows the ${expected.length} rows of checkpoint ${this.committed}, not ${seen.length}`
    }
    return undefined
  }
}

function textOf(row: number): string {
  return `row ${row}`
}
