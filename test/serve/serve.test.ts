/** What an operator sees of a run from outside: alive, ready, and numbers that agree with what was done. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { features, integer, logistic, pipeline, record, string } from 'millrace'
import { type LogFields, type Logger, type RunHandle, type RunOptions, run } from 'millrace/embedded'
import { memory } from 'millrace/memory'
import { handler, type ServeOptions, serve } from 'millrace/serve'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { MemoryEnds } from '../../src/connectors/memory/ends.ts'
import { MemorySink } from '../../src/connectors/memory/sink.ts'
import { MillraceError } from '../../src/errors.ts'
import type { JobContext, SinkWriter, Split } from '../../src/stream/ports.ts'
import { HandFedSource, handFed } from '../endless/hand-fed.ts'
import { folder } from '../faults/faulty-run.ts'
import { ask } from '../faults/http-client.ts'
import { repository } from '../source-files.ts'
import { type Family, parseMetrics, sampleOf } from './parse-metrics.ts'

const Click = record({ id: string(), user: string(), at: integer() })
const Sale = record({ id: string(), sold: integer(), at: integer() })

/** Learns who buys, and counts the clicks of each user. */
const shop = pipeline(
  'shop',
  ({ from }) => {
    const clicks = from('clicks', handFed('clicks', Click), { eventTime: (click) => click.at })
    const sales = from('sales', handFed('sales', Sale), { eventTime: (sale) => sale.at })
    const scored = clicks.predict('buys', logistic({ inputs: features(Click).categorical('user') })).learnFrom(sales, {
      key: (click) => click.id,
      labelKey: (sale) => sale.id,
      label: (sale) => sale.sold === 1,
      labelTimeout: '1h',
    })
    scored.to('scores', memory())
    const counted = clicks
      .keyBy((click) => click.user)
      .process<number, number>('seen', {
        onRecord: (_click, { state, emit }) => {
          const seen = (state.get() ?? 0) + 1
          state.set(seen)
          emit(seen)
        },
      })
    counted.to('counts', memory())
  },
  { rejected: memory(), order: 'eventTime' },
)

/** Sources that wait where a test says so. */
class SlowSource extends HandFedSource {
  /** Awaited by the first look for splits. */
  beforeSplits: Promise<void> = Promise.resolve()

  override async splits(context: JobContext): Promise<readonly Split[]> {
    await this.beforeSplits
    return await super.splits(context)
  }

  override async open(context: JobContext, split: Split, from: number) {
    // A server that takes the connection and never says a word.
    if (split.id === 'mute') await new Promise(() => {})
    return await super.open(context, split, from)
  }
}

/** A sink that holds back what was prepared. */
class SlowSink extends MemorySink {
  prepares: Promise<void> = Promise.resolve()

  override async open(...given: Parameters<MemorySink['open']>): Promise<SinkWriter> {
    const writer = await super.open(...given)
    const prepare = writer.prepare.bind(writer)
    writer.prepare = async (epoch) => {
      await this.prepares
      return await prepare(epoch)
    }
    return writer
  }
}

let base: string
let source: SlowSource
let sink: SlowSink
beforeEach(() => {
  base = folder()
  source = new SlowSource()
  sink = new SlowSink(new MemoryEnds())
})

function starting(options: RunOptions = {}, pipe = shop): Promise<RunHandle> {
  const started = run(pipe, {
    base,
    checkpointEvery: 10,
    warn: () => {},
    connectors: { sources: [source], sinks: [sink] },
    ...options,
  })
  started.then(
    (handle) => handle.done.catch(() => {}),
    () => {},
  )
  onTestFinished(async () => {
    await started
      .then(async (handle) => {
        handle.stop()
        await handle.done
      })
      .catch(() => {})
  })
  return started
}

interface Watched {
  get(path: string): Promise<{ status: number; body: string }>
  metrics(): Promise<ReadonlyMap<string, Family>>
  value(sample: string): Promise<number | undefined>
}

async function watched(handle: RunHandle | Promise<RunHandle>, options: Partial<ServeOptions> = {}): Promise<Watched> {
  const server = await serve(handle, { port: 0, ...options })
  onTestFinished(() => server.close())
  const get = async (path: string) => {
    const { status, body } = await ask(server.port, { path })
    return { status, body: body.trimEnd() }
  }
  const metrics = async () => parseMetrics(`${(await get('/metrics')).body}\n`)
  return { get, metrics, value: async (sample) => sampleOf(await metrics(), sample) }
}

/** Splits of the shop's sources, fed with clicks of which every third is bought. */
function fed(
  count: number,
  splits = { clicks: source.add('clicks', { id: 'c' }), sales: source.add('sales', { id: 's' }) },
) {
  for (let i = 0; i < count; i++) {
    splits.clicks.feed({ id: `c${i}`, user: `u${i % 7}`, at: i })
    if (i % 3 === 0) splits.sales.feed({ id: `c${i}`, sold: i % 2, at: i })
  }
  splits.clicks.feed({ nothing: true })
  splits.clicks.feed({ id: 'late', user: 'u0', at: 0 })
  return splits
}

const ready = { status: 200, body: 'ok' }
const eventually = (look: () => Promise<void>) => vi.waitFor(look, { timeout: 20_000, interval: 20 })

describe('readiness', () => {
  test('comes when the run is restored and connected, and says until then that it starts', async () => {
    let connect = () => {}
    source.beforeSplits = new Promise((resolve) => {
      connect = resolve
    })
    const { get, value } = await watched(starting())
    expect(await get('/readyz')).toEqual({ status: 503, body: 'starting' })
    expect(await get('/healthz')).toEqual(ready)
    expect(JSON.parse((await get('/')).body)).toMatchObject({ phase: 'starting', ready: false })
    expect(await value('millrace_ready')).toBe(0)
    connect()
    await eventually(async () => expect(await get('/readyz')).toEqual(ready))
    expect(JSON.parse((await get('/')).body)).toMatchObject({ pipeline: 'shop', phase: 'running', ready: true })
    expect(await value('millrace_ready')).toBe(1)
  })

  test('goes at once when the run is asked to stop, whatever its sinks still do', async () => {
    const handle = await starting()
    const { get } = await watched(handle)
    fed(3)
    let finish = () => {}
    sink.prepares = new Promise((resolve) => {
      finish = resolve
    })
    expect(await get('/readyz')).toEqual(ready)
    handle.stop()
    expect(await get('/readyz')).toEqual({ status: 503, body: 'suspending' })
    expect(await get('/healthz')).toEqual(ready)
    finish()
    await handle.done
    expect(await get('/readyz')).toEqual({ status: 503, body: 'suspended' })
  })

  test('goes while the job waits to start again, and comes back', async () => {
    const splits = fed(10)
    const handle = await starting()
    const { get, value } = await watched(handle)
    await eventually(async () => expect(await value('millrace_records_in_total{source="clicks"}')).toBe(12))
    splits.clicks.fail(new MillraceError('ML_FLINK_REST', { what: 'the server is away' }))
    await eventually(async () => expect(await get('/readyz')).toEqual({ status: 503, body: 'restarting' }))
    expect(await get('/healthz')).toEqual(ready)
    await eventually(async () => expect(await get('/readyz')).toEqual(ready))
    expect(await value('millrace_job_restarts_total')).toBe(1)
  })
})

describe('health', () => {
  test('is gone when the run could not start, or has failed: the code says why, no place is named', async () => {
    const failed = run(shop, { base, connectors: { sources: [], sinks: [] } })
    const { get } = await watched(failed)
    await failed.catch(() => {})
    expect(await get('/healthz')).toEqual({ status: 503, body: 'failed: ML_PLAN' })

    const { clicks } = fed(1)
    const handle = await starting()
    const second = await watched(handle)
    clicks.fail(new MillraceError('ML_SOURCE', { what: 'gone', where: '/srv/secret-place' }))
    await handle.done.catch(() => {})
    expect(await second.get('/healthz')).toEqual({ status: 503, body: 'failed: ML_SOURCE' })
    expect(await second.get('/readyz')).toEqual({ status: 503, body: 'failed' })
  })

  test('is there while the run waits for input, however long', async () => {
    const handle = await starting()
    const { get, value } = await watched(handle, { stuckMs: 0 })
    await eventually(async () => expect(await value('millrace_waiting{for="input"}')).toBe(1))
    expect(await get('/healthz')).toEqual(ready)
  })

  test('is gone when the loop no longer turns', async () => {
    const finding = pipeline('finding', ({ from }) => {
      from('rows', handFed('rows', Sale, { discoverMs: 10 })).to('out', memory())
    })
    const handle = run(finding, { base, connectors: { sources: [source], sinks: [sink] } })
    const { get } = await watched(handle, { stuckMs: 50 })
    await handle
    source.add('rows', { id: 'mute' })
    await eventually(async () => {
      expect(await get('/healthz')).toMatchObject({
        status: 503,
        body: expect.stringMatching(/^stuck: the loop has not turned for/),
      })
    })
  })
})

describe('metrics', () => {
  test('agree with the ledgers of the run', async () => {
    fed(60)
    const handle = await starting()
    const { metrics } = await watched(handle)
    await eventually(async () => expect(sampleOf(await metrics(), 'millrace_model_steps{model="buys"}')).toBe(19))
    const families = await metrics()
    const values = (prefix: string) =>
      Object.fromEntries(
        [...families.values()].flatMap(({ samples }) => [...samples]).filter(([sample]) => sample.startsWith(prefix)),
      )
    expect(values('millrace_records_')).toEqual({
      'millrace_records_in_total{source="clicks"}': 62,
      'millrace_records_in_total{source="sales"}': 20,
      'millrace_records_rejected_total{source="clicks"}': 1,
      'millrace_records_rejected_total{source="sales"}': 0,
      'millrace_records_late_total{source="clicks"}': 1,
      'millrace_records_late_total{source="sales"}': 0,
      'millrace_records_out_total{sink="scores"}': sampleOf(families, 'millrace_model_predictions_total{model="buys"}'),
      'millrace_records_out_total{sink="counts"}': sampleOf(
        families,
        'millrace_operator_records_total{operator="seen"}',
      ),
      // The rejected click waits for the watermark to pass its place in the order.
      'millrace_records_out_total{sink="rejected"}': 0,
    })
    expect(values('millrace_operator_keys')).toEqual({ 'millrace_operator_keys{operator="seen"}': 7 })
    expect(values('millrace_source_lag_records')).toEqual({
      'millrace_source_lag_records{source="clicks"}': 0,
      'millrace_source_lag_records{source="sales"}': 0,
    })
    const [{ report }] = handle.quality()
    expect(sampleOf(families, 'millrace_model_log_loss{model="buys",window="overall"}')).toBe(
      (report.overall as { logLoss: number }).logLoss,
    )
    // The watermark of clicks is the largest time seen.
    const lag = sampleOf(families, 'millrace_watermark_lag_seconds{source="clicks"}') as number
    expect(Math.abs(lag - (Date.now() - 59) / 1000)).toBeLessThan(3600)
    await eventually(async () => {
      const now = await metrics()
      const count = sampleOf(now, 'millrace_checkpoint_duration_seconds_count') as number
      expect(count).toBeGreaterThan(0)
      expect(sampleOf(now, 'millrace_checkpoint_duration_seconds_bucket{le="+Inf"}')).toBe(count)
      expect(sampleOf(now, 'millrace_checkpoint_id')).toBe(count)
    })
  })

  test('count what this process did, and never go back when the job starts again from its checkpoint', async () => {
    const splits = fed(30)
    const handle = await starting({ checkpointEvery: '1h' })
    const { metrics, value } = await watched(handle)
    const total = 'millrace_records_in_total{source="clicks"}'
    await eventually(async () => expect(await value(total)).toBe(32))
    const before = await metrics()
    splits.clicks.fail(new MillraceError('ML_FLINK_REST', { what: 'the server is away' }))
    // Without a checkpoint everything is read once more.
    await eventually(async () => expect(await value(total)).toBe(64))
    for (const [name, { type, samples }] of await metrics()) {
      if (type !== 'counter') continue
      for (const [sample, after] of samples) {
        expect([sample, after >= (before.get(name)?.samples.get(sample) ?? 0)]).toEqual([sample, true])
      }
    }
    handle.stop()
    await handle.done
    const next = await watched(await starting())
    expect(await next.value(total)).toBe(0)
    expect(await next.value('millrace_model_steps{model="buys"}')).toBe(
      await value('millrace_model_steps{model="buys"}'),
    )
  })

  test('fault 51: what is not defined yet is NaN, which Prometheus knows, and in JSON nothing is null or NaN for want of it', async () => {
    const handle = await starting()
    const { get, value } = await watched(handle)
    expect(await value('millrace_model_log_loss{model="buys",window="overall"}')).toBeNaN()
    expect(await value('millrace_baseline_accuracy{model="buys",window="recent",baseline="majority"}')).toBeNaN()
    // Nothing was read, so there is no event time: left out, not a number that means nothing.
    expect(await value('millrace_watermark_lag_seconds{source="clicks"}')).toBeUndefined()
    const { startedFrom, lastCheckpoint, waitsFor, ...said } = JSON.parse((await get('/')).body)
    expect([startedFrom, lastCheckpoint]).toEqual([null, null])
    expect([null, 'input']).toContain(waitsFor)
    expect(JSON.stringify(said)).not.toMatch(/null|NaN|Infinity/)
  })

  test('are those that docs/operation.md explains, with their types', async () => {
    fed(9)
    const handle = await starting()
    const { metrics } = await watched(handle)
    await eventually(async () => expect(sampleOf(await metrics(), 'millrace_checkpoint_id')).toBeGreaterThan(0))
    const told = [...(await metrics())].map(([name, { type }]) => `${name} ${type}`)
    const docs = readFileSync(join(repository, 'docs/operation.md'), 'utf8')
    const explained = [...docs.matchAll(/^\| `((?:millrace|process|nodejs)_[a-z_<>]+)` \| (\w+) \|/gm)]
    const patterns = explained.map(
      ([, name, type]) => new RegExp(`^${name.replace('<metric>', '[a-z0-9_]+')} ${type}$`),
    )
    expect(told.filter((family) => !patterns.some((pattern) => pattern.test(family)))).toEqual([])
    const absent = patterns.filter((pattern) => !told.some((family) => pattern.test(family)))
    expect(absent).toEqual([])
    expect(patterns.length).toBeGreaterThan(30)
  })

  test('are served by a server of the program, too', async () => {
    const handle = await starting()
    const server = createServer(handler(handle)).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const { status, headers, body } = await ask((server.address() as AddressInfo).port, { path: '/metrics' })
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    expect(parseMetrics(body).size).toBeGreaterThan(20)
  })
})

test('a logger is told what happens, in the shape that pino has, and no secret', async () => {
  const told: [string, string, LogFields][] = []
  const tell = (level: string) => (fields: LogFields, message: string) => void told.push([level, message, fields])
  const logger: Logger = { debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') }
  const splits = fed(5)
  const handle = await starting({ logger, warn: undefined })
  await eventually(async () => expect(told.map(([, message]) => message)).toContain('checkpoint committed'))
  splits.sales.fail(new MillraceError('ML_FLINK_REST', { what: 'no answer from kafka://ann:hunter2@broker' }))
  await eventually(async () => expect(told.map(([, message]) => message)).toContain('started again'))
  handle.stop()
  await handle.done
  const kinds = told.filter(([level]) => level !== 'debug').map(([level, message]) => `${level} ${message}`)
  expect(kinds).toEqual([
    'info started',
    expect.stringMatching(
      /^warn ML_FLINK_REST: no answer from kafka:\/\/\[redacted\]@broker\..* from its last checkpoint/,
    ),
    'info started again',
    'info suspending',
    'info suspended',
  ])
  expect(told.find(([, message]) => message === 'checkpoint committed')).toMatchObject([
    'debug',
    expect.anything(),
    { checkpoint: 1 },
  ])
  expect(JSON.stringify(told)).not.toContain('hunter2')
})
