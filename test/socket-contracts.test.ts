// The contract suites over what speaks over a network: real servers and clients, each check with its own.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { integer, record } from 'millrace'
import { httpIngest, httpPost } from 'millrace/http'
import { tcp, websocket } from 'millrace/socket'
import { type ContractCheck, sinkSuite, sourceSuite } from 'millrace/testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { httpIngestSource } from '../src/connectors/http/ingest-source.ts'
import { HttpPostSink } from '../src/connectors/http/post-sink.ts'
import { tcpSource } from '../src/connectors/socket/sources.ts'
import { TcpSink } from '../src/connectors/socket/tcp-sink.ts'
import { WebSocketSink } from '../src/connectors/socket/websocket-sink.ts'
import type { JobContext } from '../src/stream/ports.ts'

function all(checks: readonly ContractCheck[]): void {
  for (const { title, skip, run } of checks) {
    test.skipIf(skip !== undefined)(skip === undefined ? title : `${title} (${skip})`, () => run())
  }
}

const Row = record({ n: integer() })
const rows = Array.from({ length: 60 }, (_unused, n) => `{"n":${n}}\n`).join('')
const site = { job: 'contracts', warn: () => {} }
const oneSplit = 'all connections bring lines of one stream'

describe('connectors of a network', () => {
  let folder = ''
  let made = 0
  const servers: (Server | WebSocketServer)[] = []
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-socket-contracts-'))
  })
  afterAll(async () => {
    for (const server of servers) server.close()
    await rm(folder, { recursive: true, force: true })
  })

  const port = async (server: Server): Promise<number> => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    servers.push(server)
    return (server.address() as { port: number }).port
  }

  const feeds = new Map<string, () => void>()
  all(
    sourceSuite({
      name: 'a TCP feed',
      oneSplit,
      notReplayable: 'a socket cannot be asked again',
      create: tcpSource,
      context: async () => {
        const uid = `source-${made++}`
        const server = createServer((socket) => {
          socket.on('error', () => {}).write(rows)
          feeds.set(uid, () => void socket.write('{"n":60}\n'))
        })
        const { options } = tcp({ host: '127.0.0.1', port: await port(server) }, Row)
        return { uid, options, base: folder, ...site }
      },
      grow: async ({ uid }) => feeds.get(uid)?.(),
    }),
  )

  // One process may hold a spool: all connectors of a check are the same one.
  const ingest = httpIngestSource()
  const post = async ({ uid }: JobContext, body: string) => {
    const headers = { 'content-type': 'application/x-ndjson' }
    const { status } = await fetch(`http://127.0.0.1:${ingest.port(uid)}/`, { method: 'POST', headers, body })
    if (status !== 200) throw new Error(`answered ${status}`)
  }
  all(
    sourceSuite({
      name: 'an HTTP ingest with a spool',
      oneSplit,
      create: () => ingest,
      context: async () => {
        const uid = `source-${made++}`
        const { options } = httpIngest({ port: 1, spool: uid }, Row)
        const context = { uid, options: { ...options, port: 0 }, base: folder, ...site }
        const reader = await ingest.open(context, { id: 'spool' }, 0)
        await post(context, rows)
        await reader.close()
        return context
      },
      grow: (context) => post(context, '{"n":60}\n'),
    }),
  )

  const received = new Map<string, string>()
  const receiver = (uid: string) => (chunk: unknown) => void received.set(uid, `${received.get(uid) ?? ''}${chunk}`)
  const read = ({ uid }: JobContext) => Buffer.from(received.get(uid) ?? '')
  const format = { name: 'jsonl' }
  all(
    sinkSuite({
      name: 'rows over TCP',
      create: () => new TcpSink(),
      context: async () => {
        const uid = `sink-${made++}`
        const server = createServer((socket) => socket.on('data', receiver(uid)).on('error', () => {}))
        const { options } = tcp({ host: '127.0.0.1', port: await port(server) })
        return { uid, options: { ...options, format }, base: folder, ...site }
      },
      read,
    }),
  )
  all(
    sinkSuite({
      name: 'rows over a WebSocket',
      create: () => new WebSocketSink(),
      context: async () => {
        const uid = `sink-${made++}`
        const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
        servers.push(server)
        server.on('connection', (socket) => socket.on('message', (data) => receiver(uid)(`${data}\n`)))
        await once(server, 'listening')
        const { options } = websocket({ url: `ws://127.0.0.1:${(server.address() as { port: number }).port}` })
        return { uid, options: { ...options, format }, base: folder, ...site }
      },
      read,
    }),
  )
  all(
    sinkSuite({
      name: 'rows by POST',
      create: () => new HttpPostSink(),
      context: async () => {
        const uid = `sink-${made++}`
        const server = createHttpServer((request, response) => {
          request.on('data', receiver(uid)).on('end', () => response.writeHead(204).end())
        })
        const { options } = httpPost({ url: `http://127.0.0.1:${await port(server)}/` })
        return { uid, options: { ...options, format }, base: folder, ...site }
      },
      read,
    }),
  )
})
