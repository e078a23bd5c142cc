// Whole pipelines between sockets, on the embedded engine in this process.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adagrad, boolean, features, logistic, number, pipeline, record, string } from 'millrace'
import { type RunHandle, run } from 'millrace/embedded'
import { httpIngest, httpPost } from 'millrace/http'
import { tcp, tcpServer } from 'millrace/socket'
import { afterEach, describe, expect, test } from 'vitest'
import { freePort } from './free-port.ts'

const Payment = record({ id: number(), amount: number(), country: string(), isFraud: boolean() })
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function base(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-sockets-'))
  closing.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A server that keeps the lines it is sent. */
async function receiver(): Promise<{ port: number; lines: () => string[] }> {
  let text = ''
  const server = createServer((socket) => socket.on('data', (chunk) => void (text += chunk)).on('error', () => {}))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  return { port: (server.address() as { port: number }).port, lines: () => text.split('\n').filter(Boolean) }
}

async function client(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  closing.push(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

const payment = (id: number) => {
  const isFraud = (id * 7919) % 10 < 3
  return { id, amount: isFraud ? 900 + (id % 50) : 20 + (id % 80), country: isFraud ? 'XX' : 'AT', isFraud }
}

describe('a pipeline from socket to socket', () => {
  test('scores and learns what it is sent, passes rejected lines on, says what it promises, and suspends', async () => {
    const [out, bad] = [await receiver(), await receiver()]
    const port = await freePort()
    const inputs = features(Payment).numeric('amount').categorical('country')
    const declared = pipeline('socket-fraud', ({ from }) => {
      const payments = from('payments', tcpServer({ port }, Payment))
      payments
        .learn('fraud', logistic({ inputs, optimizer: adagrad(0.3) }), { label: (p) => p.isFraud })
        .to('scores', tcp({ host: '127.0.0.1', port: out.port }))
      payments.rejected.to('bad', tcp({ host: '127.0.0.1', port: bad.port }))
    })
    const handle: RunHandle = await run(declared, { base: await base(), checkpointEvery: '20ms', warn: () => {} })
    expect(handle.weaker).toMatchObject({ payments: 'at-most-once', scores: 'at-most-once' })
    const sockets = await Promise.all([0, 1].map(() => client(port)))
    for (let id = 0; id < 2000; id++) sockets[id % 2].write(`${JSON.stringify(payment(id))}\n`)
    sockets[0].write('{"id":1}\n')
    // Nothing more comes, and yet everything goes out.
    await until(() => out.lines().length === 2000 && bad.lines().length === 1)
    const scores = out.lines().map((line) => JSON.parse(line))
    expect(new Set(scores.map((score) => score.input.id)).size).toBe(2000)
    expect(bad.lines()[0]).toContain('ML_FIELD')
    expect(handle.quality().length).toBeGreaterThan(0)
    handle.stop()
    const report = await handle.done
    expect(report.end).toBe('suspended')
    expect(report.ledgers.sources).toEqual({ payments: { in: 2001, processed: 2000, rejected: 1, late: 0 } })
    await expect(client(port)).rejects.toThrow()
  })

  test('starts again when its receiver is gone, and goes on when it is back', async () => {
    const port = await freePort()
    const outPort = await freePort()
    let received = ''
    const accept = () =>
      createServer((socket) => socket.on('data', (chunk) => void (received += chunk)).on('error', () => {}))
    const first = accept().listen(outPort, '127.0.0.1')
    await once(first, 'listening')
    const sockets = new Set<Socket>()
    first.on('connection', (socket) => sockets.add(socket))
    const declared = pipeline('socket-relay', ({ from }) => {
      from('payments', tcpServer({ port }, Payment)).to('out', tcp({ host: '127.0.0.1', port: outPort }))
    })
    const handle = await run(declared, { base: await base(), checkpointEvery: '20ms', warn: () => {} })
    const socket = await client(port)
    socket.write(`${JSON.stringify(payment(1))}\n`)
    await until(() => received.includes('"id":1'))
    first.close()
    for (const each of sockets) each.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.write(`${JSON.stringify(payment(2))}\n`)
    const second = accept().listen(outPort, '127.0.0.1')
    await once(second, 'listening')
    closing.push(() => second.close())
    await until(() => received.includes('"id":2'))
    handle.stop()
    expect((await handle.done).end).toBe('suspended')
  })

  test('takes posted records through a spool, and posts each row on until it is taken', async () => {
    const port = await freePort()
    const outPort = await freePort()
    const declared = pipeline('ingest-relay', ({ from }) => {
      from('payments', httpIngest({ port, spool: 'spool' }, Payment)).to(
        'out',
        httpPost({ url: `http://127.0.0.1:${outPort}/out` }),
      )
    })
    const folder = await base()
    const handle = await run(declared, { base: folder, checkpointEvery: '20ms', warn: () => {} })
    expect(handle.weaker).toEqual({ out: 'at-least-once' })
    const post = (ids: number[]) =>
      fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(ids.map(payment)),
      })
    // Nobody takes the rows yet; the spool takes the records all the same.
    expect(await (await post([1, 2, 3])).json()).toEqual({ accepted: 3 })
    const { createServer: createHttp } = await import('node:http')
    let posted = ''
    const server = createHttp((request, response) => {
      request.on('data', (chunk) => void (posted += chunk)).on('end', () => response.writeHead(204).end())
    })
    server.listen(outPort, '127.0.0.1')
    closing.push(() => server.close())
    await until(() => posted.includes('"id":3'))
    expect(await (await post([4])).json()).toEqual({ accepted: 1 })
    await until(() => posted.includes('"id":4'))
    handle.stop()
    expect((await handle.done).end).toBe('suspended')
    expect(
      posted
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).id),
    ).toEqual([1, 2, 3, 4])
    server.closeAllConnections()
    // The next run goes on behind what was covered.
    const again = await run(declared, { base: folder, checkpointEvery: '20ms', warn: () => {} })
    expect(again.startedFrom).not.toBeNull()
    expect(await (await post([5])).json()).toEqual({ accepted: 1 })
    await until(() => posted.includes('"id":5'))
    again.stop()
    await again.done
    server.closeAllConnections()
    expect(posted.split('\n').filter(Boolean)).toHaveLength(5)
  })
})
