import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { integer, record, string } from '../../formats/schema.ts'
import type { JobContext, SplitReader } from '../../stream/ports.ts'
import { secret } from '../../stream/secret.ts'
import { type WebSocketSourceOptions, websocket } from './index.ts'
import { webSocketSource } from './sources.ts'
import { WebSocketSink } from './websocket-sink.ts'

const Trade = record({ symbol: string(), n: integer() })
const warnings: string[] = []
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  warnings.length = 0
})

async function server(connected: (socket: WebSocket, n: number, headers: Record<string, unknown>) => void) {
  const listening = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  let connections = 0
  listening.on('connection', (socket, request) => {
    socket.on('error', () => {})
    connected(socket, ++connections, request.headers)
  })
  await once(listening, 'listening')
  closing.push(() => {
    for (const client of listening.clients) client.terminate()
    listening.close()
  })
  return `ws://127.0.0.1:${(listening.address() as { port: number }).port}/feed`
}

function context(options: JobContext['options']): JobContext {
  return { uid: 'trades', options, base: '/', job: 'test', warn: (message) => void warnings.push(message) }
}

async function reading(options: WebSocketSourceOptions, maxRecordBytes?: number): Promise<SplitReader> {
  const source = webSocketSource()
  const where = context(websocket(options, Trade, { maxRecordBytes }).options)
  const reader = await source.open(where, { id: 'live' }, 0)
  closing.push(async () => {
    await reader.close()
    await source.close(where)
  })
  return reader
}

async function lines(reader: SplitReader, count: number): Promise<string[]> {
  let text = ''
  while (text.split('\n').length <= count) text += Buffer.from((await reader.read()) as Uint8Array).toString()
  return text.split('\n').slice(0, -1)
}

describe('a WebSocket feed as a source', () => {
  test('takes each message as one line, however it is written, and sends what it subscribes with', async () => {
    process.env.MILLRACE_TEST_FEED = 'key-of-the-feed'
    const asked: unknown[] = []
    const url = await server((socket, _n, headers) => {
      asked.push(headers.authorization)
      socket.on('message', (data) => {
        asked.push(String(data))
        if (asked.length < 3) return
        socket.send('{\n  "symbol": "A",\r\n  "n": 1\n}')
        socket.send('{"symbol":"B\n","n":2}')
        socket.send('')
        socket.send('{"symbol":"C","n":3}')
      })
      // At once: before the client has done anything.
      socket.send('{"symbol":"first","n":0}')
    })
    const reader = await reading({
      url,
      subscribe: ['{"op":"subscribe"}', 'second'],
      headers: { authorization: secret({ env: 'MILLRACE_TEST_FEED' }) },
    })
    expect(await lines(reader, 5)).toEqual([
      '{"symbol":"first","n":0}',
      '{   "symbol": "A",    "n": 1 }',
      '{"symbol":"B ","n":2}',
      '',
      '{"symbol":"C","n":3}',
    ])
    expect(asked).toEqual(['key-of-the-feed', '{"op":"subscribe"}', 'second'])
  })

  test('hands on the head of a message over the limit, to be rejected, and bears no endless one', async () => {
    const url = await server((socket, n) => {
      socket.send('x'.repeat(1000))
      socket.send(`{"symbol":"A","n":${n}}`)
      if (n === 1) socket.send('y'.repeat(100_000))
    })
    const reader = await reading({ url }, 100)
    expect(await lines(reader, 4)).toEqual([
      'x'.repeat(102),
      '{"symbol":"A","n":1}',
      'x'.repeat(102),
      '{"symbol":"A","n":2}',
    ])
    expect(warnings[0]).toContain('what the server sends until the next one is lost')
  })

  test('is refused binary messages, unless it is told that they are text', async () => {
    const url = await server((socket) => socket.send(Buffer.from('{"symbol":"A","n":1}')))
    const reader = await reading({ url })
    await expect(reader.read()).rejects.toMatchObject({ code: 'ML_SOURCE' })
    expect(await lines(await reading({ url, binary: true }), 1)).toEqual(['{"symbol":"A","n":1}'])
  })

  test('makes the server wait while nothing is read', async () => {
    let sent = 0
    const MESSAGES = 4000
    const url = await server((socket) => {
      for (let n = 0; n < MESSAGES; n++) socket.send('z'.repeat(10_000), () => void sent++)
    })
    const reader = await reading({ url, bufferBytes: 50_000 })
    let before = -1
    while (before !== sent) {
      before = sent
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(sent).toBeLessThan(MESSAGES)
    let bytes = 0
    while (bytes < MESSAGES * 10_001) bytes += ((await reader.read()) as Uint8Array).length
    expect(bytes).toBe(MESSAGES * 10_001)
  })

  test('is refused where clouds keep credentials, and shows no password', async () => {
    const url = 'ws://user:hunter2@169.254.169.254/latest?key=hunter3'
    const refused = await reading({ url }).catch((error) => error)
    expect(refused.code).toBe('ML_URL')
    const down = await reading({ url: 'ws://user:hunter2@127.0.0.1:1/x?key=hunter3' }).catch((error) => error)
    expect(down).toMatchObject({ code: 'ML_CONNECTION', errorClass: 'transient' })
    expect(String(refused) + String(down)).not.toContain('hunter')
  })
})

describe('rows to a WebSocket', () => {
  test('are a message each, and a checkpoint waits until the other side has them', async () => {
    const received: string[] = []
    const url = await server((socket) => {
      socket.on('message', (data, isBinary) => void received.push(isBinary ? 'binary' : String(data)))
    })
    const writer = await new WebSocketSink().open(context(websocket({ url }).options))
    for (let n = 0; n < 1000; n++) writer.append(Buffer.from(`{"n":${2 * n}}\n{"n":${2 * n + 1}}\n`))
    await writer.prepare(1)
    expect(received).toEqual(Array.from({ length: 2000 }, (_, n) => `{"n":${n}}`))
    expect(writer.pendingBytes).toBe(0)
    await writer.commit(1, {})
    await writer.close()
  })

  test('that were sent into a connection that broke are sent again, so none is lost', async () => {
    const received = new Set<string>()
    const url = await server((socket, n) => {
      let own = 0
      socket.on('message', (data) => {
        received.add(String(data))
        if (n < 4 && ++own === 50) socket.terminate()
      })
    })
    const writer = await new WebSocketSink().open(context(websocket({ url }).options))
    for (let n = 0; n < 500; n++) writer.append(Buffer.from(`${n}\n`))
    await writer.prepare(1)
    expect(received.size).toBe(500)
    expect(warnings).toHaveLength(3)
    await writer.close()
  })
})
