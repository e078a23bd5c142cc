import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { JobContext, SinkWriter } from '../../stream/ports.ts'
import { type HttpPostOptions, httpPost } from './index.ts'
import { HttpPostSink } from './post-sink.ts'

const warnings: string[] = []
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  warnings.length = 0
})

/** A receiver; each answer is a status, or undefined to break the connection after the body was taken. */
async function receiver(answer: (body: string, n: number) => number | undefined) {
  const bodies: string[] = []
  const headers: unknown[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    bodies.push(body)
    headers.push(request.headers)
    const status = answer(body, bodies.length)
    if (status === undefined) request.socket.destroy()
    else response.writeHead(status, { 'retry-after': '0', location: '/elsewhere' }).end(`because of ${status}`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}/rows`, bodies, headers }
}

async function sink(options: HttpPostOptions, giveUpMs = 60_000, base = '/'): Promise<SinkWriter> {
  const context: JobContext = {
    uid: 'out',
    options: { ...httpPost(options).options, format: { name: 'jsonl' } },
    base,
    job: 'test',
    warn: (message) => void warnings.push(message),
  }
  const writer = await new HttpPostSink(giveUpMs, 5).open(context)
  closing.push(() => writer.close())
  return writer
}

const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `{"n":${from + i}}\n`).join('')

describe('rows by POST', () => {
  test('come in order, many in one request, and a checkpoint waits for the answers', async () => {
    const { url, bodies, headers } = await receiver(() => 204)
    const writer = await sink({ url, batchBytes: 2000, headers: { 'X-Key': 'hunter-two' } })
    for (let n = 0; n < 1000; n++) writer.append(Buffer.from(rows(n, n + 1)))
    writer.append(Buffer.from(`${'x'.repeat(3000)}\n`))
    writer.append(Buffer.from(rows(1000, 1500)))
    await writer.prepare(1)
    expect(writer.pendingBytes).toBe(0)
    expect(bodies.join('')).toBe(`${rows(0, 1000)}${'x'.repeat(3000)}\n${rows(1000, 1500)}`)
    expect(bodies.length).toBeLessThan(20)
    expect(bodies.filter((body) => body.length > 2000)).toEqual([`${'x'.repeat(3000)}\n`])
    expect(bodies.every((body) => body.endsWith('\n'))).toBe(true)
    expect(headers[0]).toMatchObject({ 'x-key': 'hunter-two', 'content-type': 'application/x-ndjson' })
  })

  test('are sent again after 5xx, 429 and lost answers, and not one is missing', async () => {
    const faults = [503, undefined, 429, undefined, 500, 408]
    const taken: string[] = []
    const { url } = await receiver((body, n) => {
      const fault = n <= 2 * faults.length && n % 2 === 1 ? faults[(n - 1) / 2] : 200
      if (fault === 200 || fault === undefined) taken.push(body)
      return fault
    })
    const writer = await sink({ url, batchBytes: 100 })
    for (let n = 0; n < 100; n++) writer.append(Buffer.from(rows(n, n + 1)))
    await writer.prepare(1)
    expect(new Set(taken.join('').split('\n').filter(Boolean)).size).toBe(100)
    expect(warnings.length).toBeGreaterThan(0)
  })

  test('that never get an answer make the job restart', async () => {
    const { url } = await receiver(() => 503)
    const writer = await sink({ url }, 50)
    writer.append(Buffer.from(rows(0, 1)))
    await expect(writer.prepare(1)).rejects.toMatchObject({ code: 'ML_CONNECTION', errorClass: 'transient' })
    await expect(writer.drain()).rejects.toMatchObject({ code: 'ML_CONNECTION' })
  })

  test('of which one is refused end the run by its name, or go on without it where refused rows have a place', async () => {
    const base = await mkdtemp(join(tmpdir(), 'millrace-post-'))
    closing.push(() => rm(base, { recursive: true, force: true }))
    const taken: string[] = []
    const { url } = await receiver((body) => {
      if (/"n":(?:37|61)}/.test(body)) return 422
      taken.push(body)
      return 200
    })
    const strict = await sink({ url })
    strict.append(Buffer.from(rows(30, 40)))
    await expect(strict.prepare(1)).rejects.toThrow(/^ML_SINK_ROW: .* refuses rows with 422: because of 422; got .*37/)
    taken.length = 0
    const writer = await sink({ url, deadLetters: 'refused.jsonl' }, 60_000, base)
    writer.append(Buffer.from(rows(0, 100)))
    await writer.prepare(1)
    expect(taken.join('')).toBe(rows(0, 37) + rows(38, 61) + rows(62, 100))
    const letters = (await readFile(join(base, 'refused.jsonl'), 'utf8')).trim().split('\n')
    expect(letters.map((letter) => JSON.parse(letter))).toEqual(
      [37, 61].map((n) => ({ status: 422, answer: 'because of 422', row: `{"n":${n}}` })),
    )
  })

  test.each([301, 401, 403, 404])('end the run when the answer is %i, which says nothing of a row', async (status) => {
    const { url, bodies } = await receiver(() => status)
    const writer = await sink({ url, deadLetters: 'never' })
    writer.append(Buffer.from(rows(0, 10)))
    await expect(writer.prepare(1)).rejects.toMatchObject({ code: 'ML_SINK_ROW', errorClass: 'fatal' })
    expect(bodies).toHaveLength(1)
  })

  test('go to no file and to no place where clouds keep credentials', async () => {
    expect(() => httpPost({ url: 'file:///etc/passwd' })).toThrow(/ML_RANGE/)
    for (const host of ['169.254.169.254', '2852039166', '0xA9FEA9FE', '[::ffff:169.254.169.254]', '[fe80::1]'])
      await expect(sink({ url: `http://${host}/latest` })).rejects.toMatchObject({ code: 'ML_URL' })
  })
})
