// A run as a service manager has it: watched over HTTP, asked to end at every moment, with its log read by a program.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { folderWith, millrace, type RunningProgram, rawReadings, readings, start } from './cli-process.ts'
import { ask } from './faults/http-client.ts'
import { parseMetrics, sampleOf } from './serve/parse-metrics.ts'
import { repository } from './source-files.ts'

const TOKEN = 'correct-horse-battery-staple'
const files = { 'readings.ts': readings({ work: true }), 'raw.csv': rawReadings(15_000) }
const run = ['run', 'readings.ts', '--checkpoint-every', '20ms']

// Tests run side by side, so what is left of them is ended when all have.
const children: ChildProcess[] = []
const servers: Server[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  for (const server of servers) server.close()
})

/** A run with a server, and the port of it. */
async function served(
  cwd: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<RunningProgram & { port: number }> {
  const running = start([...run, ...args], { cwd, env })
  children.push(running.child)
  let text = ''
  for (const stream of [running.child.stdout, running.child.stderr]) {
    stream?.on('data', (piece: string) => {
      text += piece
    })
  }
  await running.said(/serv\w* http:\/\/\S+:\d+|"url":"http/)
  return { ...running, port: Number(/http:\/\/[^\s"]+:(\d+)/.exec(text)?.[1]) }
}

const lines = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

describe.concurrent('run --http', () => {
  test('serves the run on any free port of this machine, until SIGTERM suspends it', async () => {
    const { child, ended, port, said } = await served(folderWith(files), ['--http', '0', '--json'])
    await said(/"lastCheckpoint":\{"id":[2-9]/)
    expect(await ask(port, { path: '/healthz' })).toMatchObject({ status: 200 })
    expect(await ask(port, { path: '/readyz' })).toMatchObject({ status: 200 })
    const metrics = parseMetrics((await ask(port, { path: '/metrics' })).body)
    expect(sampleOf(metrics, 'millrace_records_in_total{source="raw"}')).toBeGreaterThan(0)
    expect(sampleOf(metrics, 'millrace_checkpoint_id')).toBeGreaterThan(1)
    child.kill('SIGTERM')
    const { code, stdout } = await ended
    expect(code).toBe(0)
    expect(lines(stdout).at(-1)).toMatchObject({ type: 'report', end: 'suspended' })
  })

  test('is refused on an address of others without a token, and nothing is begun', async () => {
    const cwd = folderWith(files)
    const { code, stderr, stdout } = await millrace([...run, '--http', '0.0.0.0:0'], { cwd })
    expect(stderr).toMatch(/^millrace: ML_SERVE_OPEN: .*MILLRACE_HTTP_TOKEN/)
    expect([code, stdout]).toEqual([78, ''])
    expect(existsSync(join(cwd, '.millrace'))).toBe(false)
    expect(existsSync(join(cwd, 'out'))).toBe(false)
  })

  test.each(['the environment', 'a file'])('takes its token from %s, and shows it nowhere', async (place) => {
    const cwd = folderWith({ ...files, token: `${TOKEN}\n` })
    const env: Record<string, string> =
      place === 'a file' ? { MILLRACE_HTTP_TOKEN_FILE: 'token' } : { MILLRACE_HTTP_TOKEN: TOKEN }
    const { child, ended, port } = await served(cwd, ['--http', '0.0.0.0:0', '--log', 'json', '--log-level', 'debug'], {
      ...env,
    })
    expect((await ask(port, { path: '/metrics' })).status).toBe(401)
    const headers = { authorization: `Bearer ${TOKEN}` }
    const { status, body } = await ask(port, { path: '/metrics', headers })
    expect(status).toBe(200)
    child.kill('SIGTERM')
    const { code, stdout, stderr } = await ended
    expect(code).toBe(0)
    expect(stdout + stderr + body).not.toContain(TOKEN)
  })

  test('without the secret that it was told to use, or with a short one, is refused with exit code 78 or 2', async () => {
    const cwd = folderWith(files)
    const missing = await millrace([...run, '--http', '0'], { cwd, env: { MILLRACE_HTTP_TOKEN_FILE: 'nowhere' } })
    expect(missing.stderr).toMatch(/^millrace: ML_SECRET: the file .*nowhere of a secret cannot be read \(ENOENT\)/)
    expect(missing.code).toBe(78)
    const short = await millrace([...run, '--http', '0'], { cwd, env: { MILLRACE_HTTP_TOKEN: 'hunter2' } })
    expect(short.stderr).toMatch(/^millrace: ML_RANGE: a token must be 16 or more/)
    expect([short.code, short.stderr.includes('hunter2')]).toEqual([2, false])
  })
})

describe.concurrent('SIGTERM', () => {
  /** Standard output of a pipeline that nobody reads. */
  function unread(cwd: string) {
    const args = [join(repository, 'dist/cli/main.cjs'), ...run, '-p', 'work=1', '--http', '0']
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    children.push(child)
    let stderr = ''
    const port = new Promise<number>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (piece: string) => {
        stderr += piece
        const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(stderr)
        if (found !== null) resolve(Number(found[1]))
      })
    })
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
    return { child, port, ended, said: () => stderr }
  }

  test('while a sink is blocked makes the run unready at once; it ends when the sink takes what there is', async () => {
    const cwd = folderWith({ ...files, 'readings.ts': readings({ work: true, sink: 'stdout()' }) })
    const { child, port, ended } = unread(cwd)
    await readyAnswers(await port, 200)
    await rowsRead(await port)
    child.kill('SIGTERM')
    await readyAnswers(await port, 503)
    expect((await ask(await port, { path: '/readyz' })).body).toBe('suspending\n')
    expect((await ask(await port, { path: '/healthz' })).status).toBe(200)
    let rows = ''
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      rows += piece
    })
    expect(await ended).toBe(0)
    expect(rows).toMatch(/\}\n$/)
  })

  test('once more while a sink is blocked ends at once, and the next run goes on', async () => {
    const cwd = folderWith({ ...files, 'readings.ts': readings({ work: true, sink: 'stdout()' }) })
    const { child, port, ended, said } = unread(cwd)
    await rowsRead(await port)
    child.kill('SIGTERM')
    await readyAnswers(await port, 503)
    child.kill('SIGTERM')
    expect(await ended).toBe(130)
    expect(said()).toContain('asked to end')
    const again = await millrace(['run', 'readings.ts', '-p', 'work=1'], { cwd })
    expect(again.code).toBe(0)
  })

  test.each([
    ['a file that grows', () => "tail('rows.jsonl', Row)"],
    ['a socket that listens', async () => `tcpServer({ host: '127.0.0.1', port: ${await freePort()} }, Row)`],
  ])(
    'while it waits for input that never comes, from %s, takes a final checkpoint and exits 0',
    async (_name, sourceOf) => {
      const source = await sourceOf()
      const cwd = folderWith({ 'readings.ts': reading(source), 'rows.jsonl': '{"n":1}\n{"n":2}\n' })
      const { child, ended, port } = await served(cwd, ['--http', '0', '--json'])
      await metricIs(port, 'millrace_waiting{for="input"}', 1)
      if (source.startsWith('tail')) await metricIs(port, 'millrace_records_in_total{source="rows"}', 2)
      expect((await ask(port, { path: '/healthz' })).status).toBe(200)
      child.kill('SIGTERM')
      const { code, stdout } = await ended
      expect([code, lines(stdout).at(-1)]).toMatchObject([0, { type: 'report', end: 'suspended' }])
    },
  )

  test('while the job waits to start again, because a server is away, exits 0: the last checkpoint stands', async () => {
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => {}))
      socket.write('{"n":1}\n')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const at = (server.address() as AddressInfo).port
    const cwd = folderWith({ 'readings.ts': reading(`tcp({ host: '127.0.0.1', port: ${at}, reconnect: false }, Row)`) })
    const { child, ended, port } = await served(cwd, ['--http', '0', '--log', 'json'])
    await metricIs(port, 'millrace_records_in_total{source="rows"}', 1)
    server.close()
    for (const socket of sockets) socket.resetAndDestroy()
    await readyAnswers(port, 503)
    expect((await ask(port, { path: '/readyz' })).body).toBe('restarting\n')
    expect((await ask(port, { path: '/healthz' })).status).toBe(200)
    child.kill('SIGTERM')
    const { code, stderr } = await ended
    expect(code).toBe(0)
    expect(lines(stderr).map(({ msg }) => msg)).toEqual([
      'serving',
      'started',
      ...lines(stderr)
        .map(({ msg }) => msg)
        .filter((msg) => /^ML_CONNECTION.*goes on from its last checkpoint/.test(String(msg))),
      expect.stringMatching(/^asked to end/),
      'suspending',
      expect.stringMatching(/^ended while it waited to start again/),
    ])
  })

  test('while a source is being connected to ends at once, exit code 0', async () => {
    const mute = await muteServer()
    const pipeline = `import { number, pipeline, record } from 'millrace'
import { kafka } from 'millrace/kafka'
import { jsonl } from 'millrace/file'
export default pipeline('mute', ({ from }) => {
  from('raw', kafka({ brokers: ['127.0.0.1:${mute.port}'], topic: 'raw' }, record({ n: number() }))).to('out', jsonl('out/raw'))
})
`
    const cwd = folderWith({ 'readings.ts': pipeline })
    const { child, ended, port } = await served(cwd, ['--http', '0'])
    await mute.asked
    expect((await ask(port, { path: '/readyz' })).body).toBe('starting\n')
    expect((await ask(port, { path: '/healthz' })).status).toBe(200)
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 0, signal: null })
  })
})

/** Waits until `/readyz` answers so. */
async function readyAnswers(port: number, status: number): Promise<void> {
  for (;;) {
    const answer = await ask(port, { path: '/readyz' })
    if (answer.status === status) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A pipeline that reads numbers. */
function reading(source: string): string {
  return `import { number, pipeline, record } from 'millrace'
import { jsonl, tail } from 'millrace/file'
import { tcp, tcpServer } from 'millrace/socket'
const Row = record({ n: number() })
void [tail, tcp, tcpServer]
export default pipeline('reading', ({ from }) => {
  from('rows', ${source}).to('out', jsonl('out/rows'))
})
`
}

async function metricIs(port: number, sample: string, value: number): Promise<void> {
  for (;;) {
    const metrics = parseMetrics((await ask(port, { path: '/metrics' })).body)
    if (sampleOf(metrics, sample) === value) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Waits until so much was read that standard output must be full. */
async function rowsRead(port: number): Promise<void> {
  for (;;) {
    const metrics = parseMetrics((await ask(port, { path: '/metrics' })).body)
    if ((sampleOf(metrics, 'millrace_sink_pending_bytes{sink="readings"}') ?? 0) > 0) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A server that takes connections and never says a word. */
async function muteServer(): Promise<{ port: number; asked: Promise<void> }> {
  let hear = () => {}
  const asked = new Promise<void>((resolve) => {
    hear = resolve
  })
  const server = createServer((socket) => socket.on('error', () => {}).once('data', hear))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  return { port: (server.address() as AddressInfo).port, asked }
}

describe.concurrent('run --log json', () => {
  test('writes a line of JSON an event on standard error, and nothing else', async () => {
    const cwd = folderWith(files)
    const { code, stdout, stderr } = await millrace([...run, '-p', 'work=1', '--log', 'json', '--log-level', 'debug'], {
      cwd,
    })
    expect([code, stdout]).toEqual([0, ''])
    const events = lines(stderr)
    for (const { time, pipeline } of events) {
      expect([new Date(String(time)).toISOString(), pipeline]).toEqual([time, 'readings'])
    }
    expect(events[0]).toMatchObject({ level: 'info', msg: 'started', from: null, weaker: {} })
    expect(events.at(-1)).toMatchObject({
      level: 'info',
      msg: 'finished',
      ledgers: { sources: { raw: { in: 15_000 } } },
    })
    const again = await millrace([...run, '--log', 'json'], { cwd })
    expect([again.code, lines(again.stderr).map(({ level }) => level)]).toEqual([0, ['info']])
  })

  test('tells what ended the run by its code, its parts and what to do; exit code and --json stay what they are', async () => {
    const cwd = folderWith(files)
    const { code, stdout, stderr } = await millrace([...run, '-p', 'raw=raw.cvs', '--log', 'json', '--json'], { cwd })
    expect(code).toBe(2)
    expect(lines(stderr)).toMatchObject([
      {
        level: 'error',
        msg: 'failed',
        pipeline: 'readings',
        code: 'ML_NO_FILE',
        class: 'programmer',
        what: expect.anything(),
        where: expect.stringContaining('raw.cvs'),
        remedy: expect.anything(),
        error: expect.stringMatching(/^ML_NO_FILE: /),
      },
    ])
    expect(lines(stdout)).toMatchObject([{ type: 'error', code: 'ML_NO_FILE' }])
  })

  test('as text is read by a person, and off is silent but for what ends it', async () => {
    const text = await millrace([...run, '-p', 'work=1', '--log', 'text'], { cwd: folderWith(files) })
    expect(text.stderr).toMatch(
      /^\d{4}-\S+Z info {2}started weaker=\{\}\n.*Z info {2}finished checkpoint=\S+ ledgers=\{/s,
    )
    const off = await millrace([...run, '-p', 'work=1', '--log', 'off'], { cwd: folderWith(files) })
    expect([off.code, off.stdout, off.stderr]).toEqual([0, '', ''])
    const failed = await millrace([...run, '-p', 'raw=raw.cvs', '--log', 'off'], { cwd: folderWith(files) })
    expect([failed.code, failed.stderr]).toEqual([2, expect.stringMatching(/^millrace: ML_NO_FILE/)])
  })
})

test('a configuration file gives what flags give, and they come before it', async () => {
  const cwd = folderWith(files)
  const config = { params: { work: 1, raw: 'nowhere.csv' }, state: 'from-file', log: 'json' }
  writeFileSync(join(cwd, 'millrace.json'), JSON.stringify(config))
  const args = ['run', 'readings.ts', '--config', 'millrace.json', '-p', 'raw=raw.csv']
  const { code, stderr } = await millrace(args, { cwd, env: { MILLRACE_STATE: 'from-environment' } })
  expect([code, lines(stderr).at(-1)]).toMatchObject([0, { msg: 'finished' }])
  expect(existsSync(join(cwd, 'from-environment'))).toBe(true)
  expect(existsSync(join(cwd, 'from-file'))).toBe(false)
  writeFileSync(join(cwd, 'millrace.json'), JSON.stringify({ ...config, chekpointEvery: 1 }))
  const refused = await millrace(args, { cwd })
  expect(refused.stderr).toMatch(
    /^millrace: ML_CONFIG: there is no setting "chekpointEvery".*Did you mean checkpointEvery/,
  )
  expect(refused.code).toBe(78)
})
