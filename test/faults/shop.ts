/** A small job with everything that a checkpoint holds: held records, timers, keyed state, models, waiting labels, quality, parts. */
import { join } from 'node:path'
import { adagrad, features, integer, logistic, number, pipeline, record, string, time } from 'millrace'
import type { RunReport } from 'millrace/embedded'
import { jsonl } from 'millrace/file'
import { FileSink } from '../../src/connectors/file/sink.ts'
import { readCheckpoint } from '../../src/runtime/local/checkpoint-folder.ts'
import { Job } from '../../src/runtime/local/job.ts'
import type { Processes } from '../../src/storage/processes.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { GeneratedSource, generated } from './generated-source.ts'

export const Event = record({
  id: string(),
  kind: string(),
  city: string(),
  x: number(),
  n: integer(),
  at: time({ unit: 'ms' }),
})

const START = 1_700_000_000_000
const CITIES = ['Rome', 'Oslo', 'Bern', 'Cork', 'Graz', 'Lyon']

/** Orders and, some of them later and out of order, their answers; a line in 29 is none. */
export function eventLine(row: number): string {
  if (row % 29 === 28) return `{"id":"torn ${row}`
  const answers = row % 2 === 1
  const order = answers ? Math.max(0, row - 1 - 2 * ((row * 7) % 9)) : row
  const at = START + row * 1000 - (answers ? (row * 13) % 3000 : 0)
  const city = CITIES[Math.floor(order / 17 + (order % 3)) % CITIES.length]
  const event = { id: `o${order}`, kind: answers ? 'answer' : 'order', city, x: ((order * 37) % 101) / 10, n: row, at }
  return JSON.stringify(event)
}

export const shopParams = { rows: 400, partBytes: 4000 }

export const shop = pipeline(
  'shop',
  ({ from, params }) => {
    const events = from('events', generated(params.rows, Event), { eventTime: (e) => e.at, outOfOrderness: '4s' })
    const orders = events.filter((e) => e.kind === 'order')
    const answers = events.filter((e) => e.kind === 'answer')
    const inputs = features(Event).numeric('x').categorical('city').hourOfDay('at', { utcOffset: '+00:00' })
    const scored = orders
      .predict('sells', logistic({ inputs, optimizer: adagrad(0.3) }), { metricsEvery: '1m' })
      .learnFrom(answers, { key: (e) => e.id, labelKey: (e) => e.id, label: (e) => e.x > 5, labelTimeout: '30s' })
    const sink = (name: string) => jsonl(`out/${name}`, { partBytes: params.partBytes })
    scored.to('scores', sink('scores'))
    scored.outcomes.to('outcomes', sink('outcomes'))
    scored.metrics.to('metrics', sink('metrics'))
    events
      .keyBy((e) => e.city)
      .process<{ city: unknown; seen: number; at: number }, number>('seen', {
        onRecord(e, context) {
          context.state.set((context.state.get() ?? 0) + 1)
          context.timers.event(Math.ceil(e.at / 20_000) * 20_000, 'gap')
        },
        onTimer: (at, context) => context.emit({ city: context.key, seen: context.state.get() ?? 0, at }),
      })
      .to('seen-out', sink('seen'))
  },
  { params: shopParams, rejected: jsonl('out/rejected') },
)

export interface ShopOptions {
  readonly storage: Storage
  readonly processes?: Processes
  /** Calls when the source makes this row, in this run. */
  readonly atRow?: number
  readonly onRow?: (job: Job) => void
  readonly params?: Partial<typeof shopParams>
  readonly state?: string
  readonly from?: string
  readonly everyRecords?: number
  readonly retain?: number
  readonly warnings?: string[]
  /** Milliseconds between two chunks of the source. */
  readonly paced?: boolean
}

/** One run of the shop, its state in `state` and its sinks in `out`, both below `base`. */
export async function runShop(base: string, options: ShopOptions): Promise<RunReport> {
  const {
    storage,
    processes,
    atRow = -1,
    onRow,
    state = 'state',
    everyRecords = 50,
    retain = 2,
    warnings = [],
    paced = false,
  } = options
  let job: Job | undefined
  const line = (row: number) => {
    if (row === atRow && job !== undefined) onRow?.(job)
    return eventLine(row)
  }
  // A checkpoint is done before many more rows than make one due are read, unless none can be done.
  let [doneRow, doneId] = [0, 0]
  const pace = async (row: number): Promise<void> => {
    const id = () => job?.progress().lastCheckpoint?.id ?? 0
    for (let waited = 0; row - doneRow > everyRecords && id() === doneId && waited < 500; waited++)
      await new Promise((resolve) => setTimeout(resolve, 1))
    if (id() === doneId) return
    doneRow = row
    doneId = id()
  }
  const lock = processes === undefined ? { storage } : { storage, processes, beatMs: 0, wait: async () => {} }
  job = await Job.open(shop.program({ ...shopParams, ...options.params }), {
    connectors: {
      sources: [new GeneratedSource(line, '', 1500, paced ? pace : undefined)],
      sinks: [new FileSink(lock)],
    },
    base,
    state: join(base, state),
    policy: { everyMs: 0, everyRecords },
    retain,
    fresh: false,
    from: options.from,
    warn: (message) => void warnings.push(message),
    storage,
    processes,
    now: () => START,
  })
  return await job.run()
}

/** Bytes of every part below a folder of sinks, by path; and the state of each operator in the last checkpoint. */
export async function shopResult(
  storage: Storage,
  base: string,
  report: RunReport | string,
): Promise<Map<string, string>> {
  const found = await partsOf(storage, join(base, 'out'))
  const checkpoint = await readCheckpoint(storage, typeof report === 'string' ? report : report.checkpoint)
  for (const { uid, group, bytes } of checkpoint.frames)
    found.set(`${uid}/${group}`, Buffer.from(bytes).toString('hex'))
  return found
}

async function partsOf(storage: Storage, out: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const sink of await storage.readdir(out)) {
    for (const name of await storage.readdir(join(out, sink))) {
      if (!name.startsWith('part-')) continue
      const file = await storage.open(join(out, sink, name), 'read')
      const bytes = new Uint8Array(await file.size())
      await file.read(bytes, 0)
      await file.close()
      found.set(`${sink}/${name}`, Buffer.from(bytes).toString())
    }
  }
  return found
}
