import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { jsonDecoder } from '../../formats/json-lines.ts'
import { integer, record, string } from '../../formats/schema.ts'
import type { JobContext, SplitReader } from '../../stream/ports.ts'
import { type LineFormat, tcp, tcpServer } from './index.ts'
import { tcpServerSource, tcpSource } from './sources.ts'
import { TcpServerSink } from './tcp-server-sink.ts'
import { TcpSink } from './tcp-sink.ts'

const Click = record({ user: string(), n: integer() })
const warnings: string[] = []
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  warnings.length = 0
})

/** A context for a declaration, with the port left to the system. */
function context(options: object): JobContext {
  return {
    uid: 'clicks',
    options: { ...options, port: 0 } as JobContext['options'],
    base: '/',
    job: 'test',
    warn: (message) => void warnings.push(message),
  }
}

async function served(options: object = {}, format: LineFormat = {}) {
  const source = tcpServerSource()
  const where = context({ ...tcpServer({ port: 1, ...options }, Click, format).options })
  const reader = await source.open(where, { id: 'live' }, 0)
  const port = source.port('clicks') as number
  closing.push(async () => {
    await reader.close()
    await source.close(where)
  })
  return { source, where, reader, port }
}

async function client(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  closing.push(() => socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Records and reasons of rejection, as a decoder sees the stream; until `count` of them have come. */
async function pieces(reader: SplitReader, count: number, maxRecordBytes = 64 << 10): Promise<unknown[]> {
  const decoder = jsonDecoder(Click, { maxRecordBytes })
  const found: unknown[] = []
  while (found.length < count) {
    const chunk = await reader.read()
    if (chunk === null) break
    decoder.push(chunk)
    while (decoder.next()) found.push(decoder.rejected ? decoder.rejection.code : { ...(decoder.record as object) })
  }
  return found
}

async function text(reader: SplitReader, length: number): Promise<string> {
  let found = ''
  while (found.length < length) {
    const chunk = await reader.read()
    if (chunk === null) break
    found += Buffer.from(chunk).toString()
  }
  return found
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  return (server.address() as { port: number }).port
}

describe('a TCP server as a source', () => {
  test('takes the lines of several clients, never mixed within a line, whatever the chunks are', async () => {
    const { reader, port } = await served()
    const clients = await Promise.all([0, 1, 2].map(() => client(port)))
    const expected: string[] = []
    for (let n = 0; n < 50; n++) {
      for (const [user, socket] of clients.entries()) {
        const line = `${JSON.stringify({ user: `u${user}${'x'.repeat(n)}`, n })}\n`
        expected.push(line.trim())
        for (let at = 0; at < line.length; at += 7) {
          socket.write(line.slice(at, at + 7))
          if (at % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
        }
      }
    }
    const found = await pieces(reader, 150)
    expect(found.map((piece) => JSON.stringify(piece)).sort()).toEqual(expected.sort())
  })

  test('rejects a line over the limit without holding it, and takes the one after it', async () => {
    const { reader, port } = await served({}, { maxRecordBytes: 100 })
    const socket = await client(port)
    for (let i = 0; i < 100; i++) socket.write('x'.repeat(10_000))
    socket.write('\n{"user":"after","n":1}\r\n')
    expect(await pieces(reader, 2, 100)).toEqual(['ML_RECORD_SIZE', { user: 'after', n: 1 }])
  })

  test('does not let an open quote of one client swallow the lines of another', async () => {
    const { reader, port } = await served({}, { format: 'csv' })
    const [one, two] = [await client(port), await client(port)]
    one.write('"open,1\n')
    const first = await text(reader, 1)
    two.write('fine,2\n')
    expect(first + (await text(reader, 1))).toBe('"open,1" [the cell goes on past its line]\nfine,2\n')
  })

  test('drops a line that its client did not end, and says so', async () => {
    const { reader, port } = await served()
    const socket = await client(port)
    socket.end('{"user":"a","n":1}\n{"user":"b","n":12')
    await once(socket, 'close')
    const next = await client(port)
    next.write('{"user":"c","n":3}\n')
    expect(await pieces(reader, 2)).toEqual([
      { user: 'a', n: 1 },
      { user: 'c', n: 3 },
    ])
    expect(warnings).toEqual(['source "clicks": 1 connections ended in the middle of a line, which is dropped'])
  })

  test('makes its clients wait while nothing is read, and then takes everything', async () => {
    const { reader, port } = await served({ bufferBytes: 10_000 })
    const clients = await Promise.all([0, 1, 2, 3].map(() => client(port)))
    const line = Buffer.from(`{"user":"${'u'.repeat(1000)}","n":1}\n`)
    const LINES = 20_000
    let accepted = 0
    for (const socket of clients) for (let i = 0; i < LINES; i++) socket.write(line, () => void accepted++)
    // The kernel holds some MiB for each connection; beyond that nothing moves until it is read.
    let before = -1
    while (before !== accepted) {
      before = accepted
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(accepted).toBeLessThan(clients.length * LINES)
    let bytes = 0
    while (bytes < clients.length * LINES * line.length) bytes += ((await reader.read()) as Uint8Array).length
    expect(bytes).toBe(clients.length * LINES * line.length)
  })

  test('asks for its token as the first line', async () => {
    const { reader, port } = await served({ token: 'open-sesame-by-night' })
    const wrong = await client(port)
    wrong.write('open-sesame-by-nigh\n{"user":"a","n":1}\n')
    await once(wrong, 'close')
    const none = await client(port)
    none.write('{"user":"a","n":1}\n')
    await once(none, 'close')
    const right = await client(port)
    for (const part of ['open-', 'sesame-by-night\n{"user"', ':"b","n":2}\n']) {
      right.write(part)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(await pieces(reader, 1)).toEqual([{ user: 'b', n: 2 }])
  })

  test('is not open to other machines without a token, and says when its port is taken', async () => {
    await expect(served({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'ML_SERVE_OPEN' })
    await expect(served({ host: '::' })).rejects.toMatchObject({ code: 'ML_SERVE_OPEN' })
    const { port } = await served()
    const other = tcpServerSource()
    const taken = { ...context(tcpServer({ port }, Click).options), options: tcpServer({ port }, Click).options }
    await expect(other.open(taken, { id: 'live' }, 0)).rejects.toMatchObject({ code: 'ML_SERVE_PORT' })
  })

  test('goes on with the same clients when the engine takes a new reader', async () => {
    const { source, where, reader, port } = await served()
    const socket = await client(port)
    socket.write('{"user":"a","n":1}\n')
    expect(await pieces(reader, 1)).toHaveLength(1)
    const waiting = reader.read()
    await reader.close()
    expect(await waiting).toBeNull()
    socket.write('{"user":"b","n":2}\n')
    const next = await source.open(where, { id: 'live' }, 19)
    expect(await pieces(next, 1)).toEqual([{ user: 'b', n: 2 }])
  })
})

describe('a TCP client as a source', () => {
  const opened = async (port: number, options: object = {}) => {
    const source = tcpSource()
    const where = { ...context({}), options: tcp({ host: '127.0.0.1', port, ...options }, Click).options }
    const reader = await source.open(where, { id: 'live' }, 0)
    closing.push(async () => {
      await reader.close()
      await source.close(where)
    })
    return reader
  }

  test('connects again when the server ends the connection, drops the unfinished line and tells of the gap', async () => {
    let connections = 0
    const server = createServer((socket) => {
      socket.on('error', () => {})
      const n = ++connections
      socket.write(`{"user":"a","n":${n}}\n{"user":"cut`)
      if (n < 3) socket.end()
    })
    const reader = await opened(await listening(server))
    expect(await pieces(reader, 3)).toEqual([1, 2, 3].map((n) => ({ user: 'a', n })))
    expect(warnings.filter((text) => text.includes('is lost'))).toHaveLength(2)
    expect(warnings.filter((text) => text.includes('connected again'))).toHaveLength(2)
  })

  test('ends with the connection where it is told not to connect again', async () => {
    const server = createServer((socket) => socket.end('{"user":"a","n":1}\n'))
    const reader = await opened(await listening(server), { reconnect: false })
    expect(await pieces(reader, 9)).toEqual([{ user: 'a', n: 1 }])
    expect(await reader.read()).toBeNull()
  })

  test('fails as transient where nobody listens, and is refused towards a link-local address', async () => {
    const server = createServer()
    const port = await listening(server)
    server.close()
    await once(server, 'close')
    await expect(opened(port)).rejects.toMatchObject({ code: 'ML_CONNECTION', errorClass: 'transient' })
    await expect(opened(80, { host: '169.254.169.254' })).rejects.toMatchObject({ code: 'ML_URL' })
  })
})

describe('rows over TCP', () => {
  test('reach a server in order, and are all handed over when a checkpoint prepares', async () => {
    let received = ''
    const server = createServer((socket) => socket.on('data', (chunk) => void (received += chunk)))
    const port = await listening(server)
    const where = { ...context({}), options: tcp({ host: '127.0.0.1', port }).options }
    const writer = await new TcpSink().open(where)
    let expected = ''
    for (let n = 0; n < 2000; n++) {
      const rows = Buffer.from(`{"n":${n}}\n`)
      writer.append(rows)
      rows.fill(0)
      expected += `{"n":${n}}\n`
    }
    expect(await writer.prepare(1)).toEqual({})
    expect(writer.pendingBytes).toBe(0)
    await writer.commit(1, {})
    await writer.close()
    expect(received).toBe(expected)
  })

  test('go on over a new connection when the server ends one', async () => {
    const received: string[] = []
    const server = createServer((socket) => {
      const n = received.push('') - 1
      socket.on('error', () => {})
      socket.on('data', (chunk) => {
        received[n] += chunk
        if (n === 0) socket.destroy()
      })
    })
    const port = await listening(server)
    const where = { ...context({}), options: tcp({ host: '127.0.0.1', port }).options }
    const writer = await new TcpSink().open(where)
    writer.append(Buffer.from('first\n'))
    await writer.drain()
    while (warnings.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    writer.append(Buffer.from('second\n'))
    await writer.prepare(1)
    await writer.close()
    expect(received).toEqual(['first\n', 'second\n'])
    expect(warnings[0]).toContain('may be lost')
  })

  test('reach every connected client, and one that takes nothing is disconnected', async () => {
    const sink = new TcpServerSink(200)
    const writer = await sink.open(context(tcpServer({ port: 1 }).options))
    const port = sink.port('clicks') as number
    writer.append(Buffer.from('nobody hears this\n'))
    const [good, deaf] = [await client(port), await client(port)]
    let received = 0
    good.on('data', (chunk) => void (received += chunk.length))
    deaf.pause()
    await new Promise((resolve) => setTimeout(resolve, 50))
    const rows = Buffer.alloc(1 << 20, 'row of some length\n')
    for (let i = 0; i < 20; i++) writer.append(rows)
    expect(writer.pendingBytes).toBeGreaterThan(0)
    await writer.prepare(1)
    expect(writer.pendingBytes).toBe(0)
    expect(warnings).toEqual(['sink "clicks": a client that took nothing for 200 ms was disconnected'])
    await writer.close()
    while (!good.destroyed) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(received).toBe(20 << 20)
  })
})
