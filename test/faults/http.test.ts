/** Section "HTTP" of the fault list: a server beside a run that nobody but its operator can use, and nobody can occupy. */
import { connect } from 'node:net'
import { integer, pipeline, record } from 'millrace'
import { type RunHandle, run } from 'millrace/embedded'
import { memory } from 'millrace/memory'
import { type RunServer, type ServeOptions, serve } from 'millrace/serve'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { exitCodeOf } from '../../src/cli/exit-codes.ts'
import { HandFedSource, handFed } from '../endless/hand-fed.ts'
import { folder } from './faulty-run.ts'
import { answerOf, ask, raw } from './http-client.ts'

const TOKEN = 'correct-horse-battery-staple'
const ROUTES = ['/', '/healthz', '/readyz', '/metrics']
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']

const Row = record({ n: integer() })
const counting = pipeline('counting', ({ from }) => from('rows', handFed('rows', Row)).to('out', memory()))

/** A run that waits for input, and its server. */
async function served(options: Partial<ServeOptions> = {}): Promise<{ handle: RunHandle; server: RunServer }> {
  const source = new HandFedSource()
  source.add('rows', { id: 'all' }).feed({ n: 1 })
  const base = folder()
  const handle = await run(counting, { base, connectors: { sources: [source], sinks: [] } })
  onTestFinished(async () => {
    handle.stop()
    await handle.done
  })
  const server = await serve(handle, { port: 0, ...options })
  onTestFinished(() => server.close())
  return { handle, server }
}

describe('fault 46: an address that others reach', () => {
  test.each(['0.0.0.0', '::', '192.0.2.1', 'example.org'])(
    '%s is refused without a token, exit code 78',
    async (host) => {
      const refused = await served({ host }).catch((error: Error) => error)
      expect(String(refused)).toMatch(/ML_SERVE_OPEN: .*MILLRACE_HTTP_TOKEN.*127\.0\.0\.1/)
      expect(exitCodeOf(refused)).toBe(78)
    },
  )

  test('the loopback interface is what it listens on when nothing is said', async () => {
    const { server } = await served()
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`)
    // Another address of this machine is not answered.
    await expect(ask(server.port, { host: '127.0.0.2' })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test.each(['short', 'with a space in the token', 'not-ascii-Ä-0123456789'])(
    'the token "%s" is refused',
    async (token) => {
      const refused = await served({ token }).catch((error: Error) => error.message)
      expect(refused).toMatch(/^ML_RANGE: a token must be 16 or more/)
      expect(refused).not.toContain(token)
    },
  )

  test('a port that is taken is refused, exit code 1', async () => {
    const { server } = await served()
    const refused = await served({ port: server.port }).catch((error: unknown) => error)
    expect(String(refused)).toMatch(/ML_SERVE_PORT: could not listen on 127\.0\.0\.1, port \d+; got "EADDRINUSE"/)
    expect(exitCodeOf(refused)).toBe(1)
  })
})

describe('fault 47: a page of another site', () => {
  test.each([
    'evil.example',
    'evil.example:80',
    '10.0.0.7',
    '[2001:db8::1]:80',
    'localhost.evil.example',
    'localhost:80:80',
    'a@localhost',
  ])('under the name "%s" nothing is answered but 403', async (host) => {
    const { server } = await served()
    for (const path of [...ROUTES, '/other']) {
      expect((await ask(server.port, { path, headers: { host } })).status).toBe(403)
    }
  })

  test.each(['localhost', 'LOCALHOST', '127.0.0.1', '[::1]'])('under %s, with any port, it is', async (name) => {
    const { server } = await served()
    for (const host of [name, `${name}:${server.port}`]) {
      expect((await ask(server.port, { headers: { host } })).status).toBe(200)
    }
  })

  test.each(['http://evil.example', 'null', 'https://localhost.evil.example', 'http://localhost:1'])(
    'with the origin %s nothing is answered but 403, a WebSocket included',
    async (origin) => {
      const { server } = await served()
      const host = `localhost:${server.port}`
      const upgrade = {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      }
      for (const headers of [
        { host, origin },
        { host, origin, ...upgrade },
      ]) {
        const { status, headers: answered } = await ask(server.port, { headers })
        expect(status).toBe(403)
        expect(answered['access-control-allow-origin']).toBeUndefined()
      }
      expect((await ask(server.port, { headers: { host, origin: `http://${host}` } })).status).toBe(200)
    },
  )

  test('a name that the operator gave is answered, and with a token every address', async () => {
    const { server } = await served({ host: '0.0.0.0', token: TOKEN, hosts: ['millrace.internal'] })
    const authorization = `Bearer ${TOKEN}`
    const status = async (host: string) => (await ask(server.port, { headers: { host, authorization } })).status
    expect(await status('millrace.internal:9464')).toBe(200)
    expect(await status('10.1.2.3:9464')).toBe(200)
    expect(await status('evil.example')).toBe(403)
    await expect(served({ hosts: ['http://x'] })).rejects.toThrow('ML_RANGE: a host is a name')
  })
})

describe('fault 48: every route, every method, every token', () => {
  let open: RunServer
  let closed: RunServer
  let handle: RunHandle
  beforeAll(async () => {
    const source = new HandFedSource()
    source.add('rows', { id: 'all' })
    // Not `folder()`: it belongs to a test.
    handle = await run(counting, {
      base: `${process.env.TMPDIR ?? '/tmp'}/millrace-http-${process.pid}`,
      fresh: true,
      connectors: { sources: [source], sinks: [] },
    })
    open = await serve(handle, { port: 0 })
    closed = await serve(handle, { port: 0, host: '0.0.0.0', token: TOKEN })
  })
  afterAll(async () => {
    await open.close()
    await closed.close()
    handle.stop()
    await handle.done
  })

  const tokens: [string, Record<string, string>][] = [
    ['no token', {}],
    ['a wrong token', { authorization: `Bearer ${TOKEN}x` }],
    ['a token of another kind', { authorization: `Basic ${Buffer.from(`x:${TOKEN}`).toString('base64')}` }],
    ['the token', { authorization: `Bearer ${TOKEN}` }],
  ]

  test.each(tokens)('with %s, on the loopback interface and on all', async (name, headers) => {
    const found: string[] = []
    for (const path of [...ROUTES, '/jobs', '/stop']) {
      for (const method of METHODS) {
        const isRead = method === 'GET' || method === 'HEAD'
        const known = ROUTES.includes(path)
        const plain = isRead ? (known ? 200 : 404) : 405
        const passes = name === 'the token' || (isRead && path === '/healthz')
        const expected = [plain, passes ? plain : 401]
        const answers = await Promise.all([open, closed].map(({ port }) => ask(port, { method, path, headers })))
        const got = answers.map(({ status }) => status)
        if (String(got) !== String(expected)) found.push(`${method} ${path}: ${got}, not ${expected}`)
        for (const { body } of answers) if (method === 'HEAD' && body !== '') found.push(`${method} ${path} has a body`)
      }
    }
    expect(found).toEqual([])
    // Whatever was asked, the run goes on.
    expect(handle.gauges().phase).toBe('running')
  })

  test('a refusal says how to ask', async () => {
    const denied = await ask(closed.port, { path: '/metrics' })
    expect(denied.headers['www-authenticate']).toBe('Bearer')
    expect(denied.body).not.toContain('counting')
    const wrong = await ask(open.port, { method: 'DELETE', path: '/metrics' })
    expect(wrong.headers.allow).toBe('GET, HEAD')
  })
})

describe('fault 49: what is slow or large', () => {
  test('a thousand connections that never ask are ended, and others are answered meanwhile', async () => {
    const { server } = await served()
    const closings: Promise<string>[] = []
    for (let i = 0; i < 1000; i++) {
      const socket = connect(server.port, '127.0.0.1')
      socket.write('GET /healthz HTTP/1.1\r\nHost: local')
      closings.push(answerOf(socket))
      if (i % 100 === 99) expect((await ask(server.port, { path: '/healthz' })).status).toBe(200)
    }
    expect((await ask(server.port, { path: '/metrics' })).status).toBe(200)
    // All of them are closed: the oldest without a word when there were too many, the rest when their time for headers was up.
    const answers = await Promise.all(closings)
    const timedOut = answers.filter((answer) => answer.startsWith('HTTP/1.1 408 ')).length
    expect(timedOut).toBeGreaterThan(0)
    expect(timedOut).toBeLessThanOrEqual(128)
    expect(answers.filter((answer) => answer !== '')).toHaveLength(timedOut)
    expect((await ask(server.port, { path: '/readyz' })).status).toBe(200)
  })

  test('a large body is refused unread, whatever it claims to be', async () => {
    const { server } = await served()
    const head = 'Host: localhost\r\nContent-Type: application/json\r\n'
    for (const length of [
      'Content-Length: 104857600\r\n',
      'Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n',
    ]) {
      for (const expects of ['', 'Expect: 100-continue\r\n']) {
        const answer = await raw(server.port, `GET /metrics HTTP/1.1\r\n${head}${length}${expects}\r\n`)
        expect(answer).toMatch(/^HTTP\/1\.1 413 /)
        expect(answer).toMatch(/connection: close/i)
        expect(answer).not.toContain('100 Continue')
      }
    }
    const posted = await raw(server.port, `POST / HTTP/1.1\r\n${head}Content-Length: 104857600\r\n\r\n`)
    expect(posted).toMatch(/^HTTP\/1\.1 405 /)
  })

  test('headers beyond 8 KiB are refused with 431', async () => {
    const { server } = await served()
    const answer = await raw(server.port, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 431 /)
  })

  test('what is no HTTP is refused, and ends nothing', async () => {
    const { server } = await served()
    for (const bytes of [
      '\u0016\u0003\u0001\u0002\u0000',
      'GET / HTTP/1.1\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
      'CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'GET http://evil.example/metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    ]) {
      expect(await raw(server.port, bytes)).toMatch(/^(?:HTTP\/1\.1 40[03] |$)/)
    }
    expect((await ask(server.port, { path: '/healthz' })).status).toBe(200)
  })
})

describe('fault 50: a path that leads elsewhere', () => {
  test.each([
    '/%252e%252e/%252e%252e/etc/passwd',
    '/%2e%2e/metrics',
    '/../metrics',
    '/metrics/..',
    '//metrics',
    '/metrics%00',
    '/metrics\\x',
    '/./metrics',
    '/%6detrics',
    '/metrics;x',
  ])('%s is refused with 400', async (path) => {
    const { server } = await served()
    const answer = await raw(server.port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('one that is plain is found by its whole name alone', async () => {
    const { server } = await served()
    const statusOf = async (path: string) => (await ask(server.port, { path })).status
    expect(await statusOf('/metrics?format=prometheus')).toBe(200)
    for (const path of ['/metrics/', '/Metrics', '/constructor', '/__proto__', '/healthz/x']) {
      expect([path, await statusOf(path)]).toEqual([path, 404])
    }
  })
})
