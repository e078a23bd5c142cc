/** Fault 54: a run with a secret in every place that may hold one, and a search of all that it printed, wrote and served. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { integer, pipeline, record, secret } from 'millrace'
import { type LogFields, type Logger, run } from 'millrace/embedded'
import { memory } from 'millrace/memory'
import { serve } from 'millrace/serve'
import { expect, onTestFinished, test, vi } from 'vitest'
import { MemoryEnds } from '../../src/connectors/memory/ends.ts'
import { MemorySink } from '../../src/connectors/memory/sink.ts'
import { MillraceError } from '../../src/errors.ts'
import { resolveSecret } from '../../src/storage/resolve-secret.ts'
import type { JobContext, SinkConnector, SinkWriter, SplitReader } from '../../src/stream/ports.ts'
import { folderWith, millrace, start } from '../cli-process.ts'
import { HandFedSource } from '../endless/hand-fed.ts'
import { folder } from './faulty-run.ts'
import { ask } from './http-client.ts'

/** The secrets, by where they are kept; none of them looks like one, so that only its being known hides it. */
const SECRETS = {
  env: 'grey-goose-4711',
  file: 'quote"and\\slash 4712',
  param: 'tall-tree-4713',
  url: 'blue-door-4714',
  token: 'wide-river-4715-and-more',
}
const FRAGMENTS = ['4711', '4712', '4713', '4714', '4715']

const leaks = (text: string): string[] => FRAGMENTS.filter((fragment) => text.includes(fragment))

/** Every file below a folder that holds a part of a secret, and which. */
function leaksBelow(base: string, besides: readonly string[] = []): string[] {
  return readdirSync(base, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !besides.includes(entry.name))
    .flatMap((entry) => {
      const path = join(entry.parentPath, entry.name)
      return leaks(readFileSync(path, 'latin1')).map((fragment) => `${path}: ${fragment}`)
    })
}

/** A source whose server says the password back, in every form, when it refuses something. */
class IndiscreetSource extends HandFedSource {
  refuses = false

  override async open(context: JobContext, split: { readonly id: string }, from: number): Promise<SplitReader> {
    const password = await resolveSecret(context.options.password as never, context.base, `source "${context.uid}"`)
    const key = await resolveSecret(context.options.key as never, context.base)
    const said = `user x:${password} key ${key} as ${JSON.stringify({ key })} and ?p=${encodeURIComponent(key)}`
    context.warn(`connected: ${said}`)
    const reader = await super.open(context, split, from)
    const read = reader.read.bind(reader)
    return Object.assign(reader, {
      read: async () => {
        if (this.refuses) {
          this.refuses = false
          throw new MillraceError('ML_FLINK_REST', {
            what: `refused ${said}`,
            got: { said },
            where: said,
            remedy: said,
          })
        }
        return await read()
      },
    })
  }
}

class IndiscreetSink extends MemorySink implements SinkConnector {
  override async open(...given: Parameters<SinkConnector['open']>): Promise<SinkWriter> {
    const [{ options, base, warn }] = given
    const password = await resolveSecret(options.password as never, base)
    warn(`wrote with ${password}`)
    return await super.open(...given)
  }
}

test('no secret is in a log, an error, a file, a gauge or a report, whatever connectors and functions say', async () => {
  const base = folder()
  writeFileSync(join(base, 'key'), `${SECRETS.file}\n`)
  vi.stubEnv('GOOSE', SECRETS.env)
  onTestFinished(() => void vi.unstubAllEnvs())
  const declared = pipeline(
    'indiscreet',
    ({ from, params }) => {
      const options = {
        name: 'rows',
        password: secret({ env: 'GOOSE' }),
        key: secret({ file: 'key' }),
        url: `amqp://ann:${SECRETS.url}@host`,
        dbPassword: params.dbPassword,
      }
      const source = { role: 'source', kind: 'hand', options, format: { name: 'jsonl' }, bounded: false } as const
      from('rows', { ...source, schema: record({ n: integer() }) })
        .map((row) => {
          if (row.n === 2) throw new Error(`no way to amqp://ann:${SECRETS.url}@host with ${SECRETS.env}`)
          return row
        })
        .to('out', { ...memory(), options: { password: params.dbPassword } })
    },
    { params: { dbPassword: SECRETS.param }, order: 'arrival' },
  )
  const said: unknown[] = []
  const tell = (level: string) => (fields: LogFields, message: string) => void said.push([level, message, fields])
  const logger: Logger = { debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') }
  const ends = new MemoryEnds()
  const source = new IndiscreetSource()
  const split = source.add('rows', { id: 's' })
  split.feed({ n: 1 }, { n: 2 }, { n: 3 })
  const handle = await run(declared, {
    base,
    checkpointEvery: 10,
    logger,
    connectors: { sources: [source], sinks: [new IndiscreetSink(ends)] },
  })
  const server = await serve(handle, { port: 0, token: SECRETS.token })
  onTestFinished(() => server.close())
  await vi.waitFor(() => expect(ends.rows('out')).toHaveLength(2), { timeout: 10_000 })
  source.refuses = true
  split.feed({ n: 4 })
  await vi.waitFor(() => expect(JSON.stringify(said)).toContain('started again'), { timeout: 10_000 })
  await vi.waitFor(() => expect(ends.rows('out')).toHaveLength(3), { timeout: 10_000 })
  const bodies: string[] = []
  for (const path of ['/', '/healthz', '/readyz', '/metrics']) {
    const headers = { authorization: `Bearer ${SECRETS.token}` }
    bodies.push((await ask(server.port, { path, headers })).body, (await ask(server.port, { path })).body)
  }
  handle.stop()
  const report = await handle.done
  expect(said.length).toBeGreaterThan(5)
  // The words around the secrets are there: it is not that nothing was said.
  expect(JSON.stringify(said)).toMatch(
    /connected: user x:\[redacted\] key \[redacted\] as .*wrote with \[redacted\].*refused user x:\[redacted\]/,
  )
  expect(leaks(JSON.stringify(said))).toEqual([])
  expect(leaks(bodies.join())).toEqual([])
  expect(leaks(JSON.stringify([report, handle.describe(), handle.progress(), handle.gauges()]))).toEqual([])
  expect(leaksBelow(base, ['key'])).toEqual([])
  // The plan still says where the secrets are.
  const { plan } = JSON.parse(readFileSync(join(report.checkpoint, 'manifest.json'), 'utf8'))
  const { password, key, url, dbPassword } = plan.sources[0].options
  expect([password, key]).toEqual([{ secret: { env: 'GOOSE' } }, { secret: { file: 'key' } }])
  expect([url, dbPassword]).toEqual(['amqp://[redacted]@host', '[redacted]'])
})

const PIPELINE = `import { integer, pipeline, record, secret } from 'millrace'
import { csv, jsonl } from 'millrace/file'
import { kafka } from 'millrace/kafka'
export default pipeline('secretive', ({ from, params }) => {
  const Row = record({ n: integer() })
  const sasl = { mechanism: 'plain', username: 'ann', password: secret({ env: 'GOOSE' }) } as const
  const rows = params.brokers === '' ? csv('rows.csv', Row) : kafka({ brokers: [params.brokers], topic: 'rows', sasl }, Row)
  from('rows', rows)
    .map((row) => {
      if (row.n === 2) throw new Error('no way to amqp://ann:${SECRETS.url}@host, password=' + params.dbPassword)
      return row
    })
    .to('out', jsonl('out/rows'))
}, { params: { brokers: '', dbPassword: 'none' } })
`

test('no secret is in what the program prints, writes and shows of a checkpoint', async () => {
  const config = { params: { dbPassword: SECRETS.param } }
  const cwd = folderWith({ 'p.ts': PIPELINE, 'rows.csv': 'n\n1\n2\n3\n', 'c.json': JSON.stringify(config) })
  const env = { GOOSE: SECRETS.env, MILLRACE_HTTP_TOKEN: SECRETS.token }
  const args = ['run', 'p.ts', '--config', 'c.json', '--http', '0']
  const given = ['p.ts', 'c.json']
  for (const flags of [[], ['--json'], ['--log', 'json', '--log-level', 'debug'], ['--log', 'text']]) {
    const { code, stdout, stderr } = await millrace([...args, ...flags, '--fresh'], { cwd, env })
    expect([code, leaks(stdout + stderr), leaksBelow(cwd, given)]).toEqual([0, [], []])
    expect(stdout + stderr).toContain('amqp://[redacted]@host')
  }
  const inspected = await millrace(['inspect', '.millrace/secretive', '--json'], { cwd })
  expect([inspected.code, leaks(inspected.stdout + inspected.stderr)]).toEqual([0, []])

  // What goes wrong before it runs: nobody listens where the broker should be, and a value that does not fit.
  const away = start([...args, '--state', 'other', '-p', 'brokers=127.0.0.1:9'], { cwd, env })
  onTestFinished(() => void away.child.kill('SIGKILL'))
  const ended = await Promise.race([
    away.ended,
    new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 5000)),
  ])
  if (ended === undefined) away.child.kill('SIGTERM')
  const { stdout, stderr } = await away.ended
  expect(leaks(stdout + stderr)).toEqual([])
  const wrong = await millrace(['run', 'p.ts', '-p', `dbPasword=${SECRETS.param}`], { cwd, env })
  expect([wrong.code, leaks(wrong.stdout + wrong.stderr)]).toEqual([2, []])
})
