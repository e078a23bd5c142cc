import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { integer, record, string } from '../../formats/schema.ts'
import type { JobContext, SplitReader } from '../../stream/ports.ts'
import { type HttpIngestOptions, httpIngest, type LineFormat } from './index.ts'
import { httpIngestSource } from './ingest-source.ts'

const Click = record({ user: string(), n: integer() })
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function ingest(options: Partial<HttpIngestOptions> = {}, format: LineFormat = {}, base = '/') {
  const source = httpIngestSource()
  const declared = httpIngest({ port: 1, path: '/clicks', ...options }, Click, format)
  const context: JobContext = {
    uid: 'clicks',
    options: { ...declared.options, port: 0 },
    base,
    job: 'test',
    warn: () => {},
  }
  const [split] = await source.splits(context)
  const reader = await source.open(context, split, split.start ?? 0)
  closing.push(async () => {
    await reader.close()
    await source.close(context)
  })
  return { source, context, reader, port: source.port('clicks') as number }
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Record<string, unknown>
}

type Sent = string | Uint8Array | readonly (string | Uint8Array)[]

/** A list is sent in chunks, without a length. */
async function post(port: number, body: Sent, more: object = {}, headers: object = {}): Promise<Answer> {
  const sent = request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/clicks',
    agent: false,
    headers: { 'content-type': 'application/x-ndjson', ...headers },
    ...more,
  })
  // The server may answer, and close, before it has read everything.
  sent.on('error', () => {})
  if (Array.isArray(body)) for (const chunk of body) sent.write(chunk)
  else sent.setHeader('content-length', Buffer.byteLength(body as string))
  sent.end(Array.isArray(body) ? undefined : body)
  const [response] = await once(sent, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(Buffer.concat(chunks).toString()) }
}

/** All answers on one raw connection, until the server closes it. */
async function raw(port: number, ...parts: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.on('data', (chunk) => void (text += chunk)).on('error', () => {})
  for (const part of parts) socket.write(part)
  await new Promise((resolve) => socket.on('close', resolve))
  return text
}

async function text(reader: SplitReader, length: number): Promise<string> {
  let found = ''
  while (found.length < length) found += Buffer.from((await reader.read()) as Uint8Array).toString()
  return found
}

describe('an HTTP ingest', () => {
  test('takes lines, one object, or an array of them, and answers how many', async () => {
    const { port, reader } = await ingest()
    const lines = '{"user":"a","n":1}\n\n{"user":"b","n":2}'
    expect(await post(port, lines)).toMatchObject({ status: 200, body: { accepted: 2 } })
    expect(await text(reader, lines.length + 1)).toBe(`${lines}\n`)
    const json = { 'content-type': 'application/json; charset=utf-8' }
    const spaced = '{\n  "user": "c",\r\n  "n": 3\n}\n'
    expect((await post(port, spaced, {}, json)).body).toEqual({ accepted: 1 })
    const line = '{   "user": "c",    "n": 3 }\n'
    expect(await text(reader, line.length)).toBe(line)
    expect((await post(port, '[{"user":"d","n":4},\n{"n":1e999}, 7]', {}, json)).body).toEqual({ accepted: 3 })
    expect(await text(reader, 33)).toBe('{"user":"d","n":4}\n{"n":1e999}\n7\n')
    expect((await post(port, '[]', {}, json)).body).toEqual({ accepted: 0 })
    expect((await post(port, '')).body).toEqual({ accepted: 0 })
  })

  test('takes CSV where that is its format, and nothing else then', async () => {
    const { port, reader } = await ingest({}, { format: 'csv' })
    expect((await post(port, 'a,1\n"open,2', {}, { 'content-type': 'text/csv' })).body).toEqual({ accepted: 2 })
    expect(await text(reader, 5)).toBe('a,1\n"open,2" [the cell goes on past its line]\n')
    expect((await post(port, '{}')).status).toBe(415)
  })

  test('takes gzip bodies, bounded by what they inflate to and by what they are', async () => {
    const { port, reader } = await ingest({ maxBodyBytes: 10_000 })
    const packed = { 'content-encoding': 'gzip' }
    expect((await post(port, gzipSync('{"user":"a","n":1}\n'), {}, packed)).body).toEqual({ accepted: 1 })
    expect(await text(reader, 19)).toBe('{"user":"a","n":1}\n')
    const bomb = gzipSync(Buffer.alloc(20 << 20, '\n'))
    expect(await post(port, [bomb], {}, packed)).toMatchObject({ status: 413 })
    const empty = gzipSync('')
    expect(
      await post(
        port,
        Array.from({ length: 2000 }, () => empty),
        {},
        packed,
      ),
    ).toMatchObject({ status: 413 })
    expect(await post(port, 'no gzip at all', {}, packed)).toMatchObject({ status: 400 })
    expect(await post(port, gzipSync('{"user":"a"}').subarray(0, 20), {}, packed)).toMatchObject({ status: 400 })
    expect(await post(port, '{}', {}, { 'content-encoding': 'br' })).toMatchObject({ status: 415 })
  })

  test('refuses a body or a record over its limit, and takes nothing of it', async () => {
    const { port, reader } = await ingest({ maxBodyBytes: 5000 }, { maxRecordBytes: 100 })
    const long = `{"user":"${'x'.repeat(100)}","n":1}\n`
    expect(await post(port, 'x'.repeat(5001))).toMatchObject({ status: 413 })
    const endless = Array.from({ length: 1000 }, () => 'y'.repeat(9000))
    expect(await post(port, endless)).toMatchObject({ status: 413, headers: { connection: 'close' } })
    expect(await post(port, `{"user":"a","n":1}\n${long}`)).toMatchObject({ status: 413 })
    expect(await post(port, `[{},${long}]`, {}, { 'content-type': 'application/json' })).toMatchObject({ status: 413 })
    expect(await post(port, `${'z'.repeat(100)}\r\n`)).toMatchObject({ status: 200 })
    expect(await text(reader, 102)).toBe(`${'z'.repeat(100)}\r\n`)
  })

  test('refuses JSON that is broken as a whole, and types it does not know', async () => {
    const { port } = await ingest()
    const json = { 'content-type': 'application/json' }
    for (const body of ['[{}', '', 'null', '[{}]]', '{"a":"\n"}'])
      expect(await post(port, body, {}, json)).toMatchObject({ status: 400 })
    for (const type of ['text/plain', 'multipart/form-data', 'text/csv', ''])
      expect(await post(port, '{}', {}, { 'content-type': type })).toMatchObject({ status: 415 })
  })

  test.each([
    ['GET', 405],
    ['HEAD', 405],
    ['PUT', 405],
    ['DELETE', 405],
    ['PATCH', 405],
    ['OPTIONS', 405],
  ])('answers %s by %i', async (method, status) => {
    const { port } = await ingest()
    const answered = await raw(port, `${method} /clicks HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`)
    expect(answered).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(answered.toLowerCase()).toContain('allow: post')
  })

  test.each([
    ['/', 404],
    ['/clicks/', 404],
    ['/clicks?token=x', 404],
    ['//clicks', 404],
    ['http://localhost/clicks', 404],
    ['/%63licks', 400],
    ['/%2e%2e/clicks', 400],
    ['/%252e%252e/clicks', 400],
    ['/../clicks', 400],
    ['/..\\clicks', 400],
  ])('has nothing at %s: %i', async (path, status) => {
    const { port } = await ingest()
    const answered = await raw(
      port,
      `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
    )
    expect(answered).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  })

  test('is served under its own names alone, and not to pages', async () => {
    const { port } = await ingest({ hosts: ['ingest.example'] })
    const status = async (headers: object) => (await post(port, '{}', {}, headers)).status
    for (const host of ['localhost', `127.0.0.1:${port}`, '[::1]', 'ingest.example', 'INGEST.example:80'])
      expect([host, await status({ host })]).toEqual([host, 200])
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '169.254.169.254'])
      expect([host, await status({ host })]).toEqual([host, 403])
    for (const origin of ['http://evil.example', 'null', `http://localhost:${port}`])
      expect([origin, await status({ origin })]).toEqual([origin, 403])
  })

  test('wants its token for every method and path, and tells a stranger nothing else', async () => {
    const { port } = await ingest({ token: 'correct-horse-battery' })
    for (const method of ['POST', 'GET', 'PUT', 'DELETE', 'OPTIONS']) {
      for (const path of ['/clicks', '/other']) {
        for (const authorization of [
          undefined,
          'Bearer',
          'Bearer wrong',
          'Bearer correct-horse-batter',
          'Basic correct-horse-battery',
        ]) {
          const { status, headers } = await post(port, '{}', { method, path }, authorization ? { authorization } : {})
          expect([method, path, authorization, status]).toEqual([method, path, authorization, 401])
          expect(headers['www-authenticate']).toBe('Bearer')
        }
      }
    }
    const right = { authorization: 'Bearer correct-horse-battery' }
    expect((await post(port, '{}', {}, right)).body).toEqual({ accepted: 1 })
    expect((await post(port, '{}', { method: 'PUT' }, right)).status).toBe(405)
  })

  test('does not listen beyond this machine without a token', async () => {
    await expect(ingest({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'ML_SERVE_OPEN' })
    const { port } = await ingest({ host: '0.0.0.0', token: 'correct-horse-battery' })
    expect((await post(port, '{}', {}, { host: 'any.example' })).status).toBe(401)
  })

  test('takes no more per second than it may, and says when to come again', async () => {
    const { port } = await ingest({ rate: { recordsPerSecond: 1, bytesPerSecond: 1_000_000 } })
    expect((await post(port, '{}\n'.repeat(40))).body).toEqual({ accepted: 40 })
    const { status, headers } = await post(port, '{}')
    expect(status).toBe(429)
    expect(Number(headers['retry-after'])).toBeGreaterThan(30)
  })

  test('sends clients away while the engine does not read, and takes them again when it does', async () => {
    const { port, reader } = await ingest({ bufferBytes: 1000 })
    const body = '{"user":"a","n":1}\n'.repeat(100)
    expect((await post(port, body)).status).toBe(200)
    const refused = await post(port, body)
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    const waiting = post(port, body)
    expect(await text(reader, body.length)).toBe(body)
    expect((await waiting).status).toBe(200)
    expect(await text(reader, body.length)).toBe(body)
  })

  test('closes slow clients, by 408 where they began a request, and serves others meanwhile', async () => {
    const { port } = await ingest({ requestTimeoutMs: 3000, maxConnections: 1100 })
    const slow = Array.from({ length: 1000 }, (_, i) =>
      i % 2 === 0
        ? raw(port, 'POST /clicks HTTP/1.1\r\nhost: localhost\r\n')
        : raw(
            port,
            'POST /clicks HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
          ),
    )
    for (let i = 0; i < 20; i++) expect((await post(port, '{}')).status).toBe(200)
    const answers = await Promise.all(slow)
    expect(answers.filter((answer) => answer.startsWith('HTTP/1.1 408'))).toHaveLength(1000)
  })

  test('has no more connections than it may', async () => {
    const { port } = await ingest({ maxConnections: 2, requestTimeoutMs: 60_000 })
    const held = [0, 1].map(() => connect(port, '127.0.0.1'))
    closing.push(() => held.map((socket) => socket.destroy()))
    await Promise.all(held.map((socket) => once(socket, 'connect')))
    expect(await raw(port, 'POST /clicks HTTP/1.1\r\n')).toBe('')
  })

  test('asks a client that waits for it only when it wants the body', async () => {
    const { port } = await ingest({ maxBodyBytes: 1000 })
    const head = (length: number) =>
      `POST /clicks HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nexpect: 100-continue\r\nconnection: close\r\ncontent-length: ${length}\r\n\r\n`
    expect(await raw(port, head(2), '{}')).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /)
    expect(await raw(port, head(2).replace('/clicks', '/'))).toMatch(/^HTTP\/1.1 404 /)
  })

  test('answers 503 to those who are connected while it closes', async () => {
    const { port, source, context, reader } = await ingest()
    const socket = connect(port, '127.0.0.1')
    let answered = ''
    socket.on('data', (chunk) => void (answered += chunk)).on('error', () => {})
    socket.write(
      'POST /clicks HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{',
    )
    await new Promise((resolve) => setTimeout(resolve, 50))
    await reader.close()
    const closed = source.close(context)
    socket.write('}')
    await closed
    if (!socket.destroyed) await once(socket, 'close')
    expect(answered).toMatch(/^HTTP\/1.1 503 /)
    await expect(post(port, '{}')).rejects.toThrow()
  })
})

describe('an HTTP ingest with a spool', () => {
  test('keeps what it answered 200 to, gives it again from any checkpoint, and forgets what checkpoints cover', async () => {
    const base = await mkdtemp(join(tmpdir(), 'millrace-ingest-'))
    closing.push(() => rm(base, { recursive: true, force: true }))
    const line = (n: number) => `{"user":"${'u'.repeat(500)}","n":${100_000 + n}}\n`
    const { length } = line(0)
    const spool = { spool: 'spool', spoolBytes: 1 << 16 }
    {
      const { port, reader, source, context } = await ingest(spool, {}, base)
      await Promise.all(Array.from({ length: 20 }, (_, n) => post(port, line(n))))
      expect((await text(reader, 20 * length)).length).toBe(20 * length)
      await reader.close()
      await source.close(context)
    }
    const { port, reader, source, context } = await ingest(spool, {}, base)
    const all = await text(reader, 20 * length)
    expect(all.split('\n').filter(Boolean).sort()).toEqual(Array.from({ length: 20 }, (_, n) => line(n).trim()))
    await reader.close()
    const middle = await source.open(context, { id: 'spool' }, 7 * length)
    expect(await text(middle, 13 * length)).toBe(all.slice(7 * length))
    // Full, until checkpoints cover what is in it.
    let taken = 20
    while ((await post(port, line(taken))).status === 200) taken++
    expect(taken).toBeGreaterThan(60)
    expect(taken).toBeLessThan(140)
    expect(await text(middle, (taken - 20) * length)).toContain('"n":100021')
    for (let i = 0; i < 4; i++) await source.covered?.(context, new Map([['spool', taken * length]]))
    expect((await post(port, line(taken))).status).toBe(200)
    expect(await text(middle, length)).toBe(line(taken))
    expect((await source.splits(context))[0].start).toBeGreaterThan(0)
    await middle.close()
    await expect(source.open(context, { id: 'spool' }, 3)).rejects.toMatchObject({ code: 'ML_SOURCE_CHANGED' })
  })
})
