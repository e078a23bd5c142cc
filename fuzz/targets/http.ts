import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { httpIngest } from '../../src/connectors/http/index.ts'
import { httpIngestSource } from '../../src/connectors/http/ingest-source.ts'
import { integer, record, string } from '../../src/formats/schema.ts'
import { type RunServer, serve } from '../../src/serve/server.ts'
import type { JobContext, SplitReader } from '../../src/stream/ports.ts'
import { broken, type FuzzTarget, textBytes } from '../target.ts'

const CLOSED_MS = 15_000
const HEAD = 'Host: localhost\r\nConnection: close\r\n'
const ASKED = `GET /healthz HTTP/1.1\r\n${HEAD}\r\n`

const WORDS = [
  ...['GET ', 'POST ', 'HEAD ', 'PUT ', ' HTTP/1.1\r\n', ' HTTP/1.0\r\n', '\r\n', '\r\n\r\n', 'Host: localhost\r\n'],
  ...[
    'Content-Length: 5\r\n',
    'Content-Length: 99999999999\r\n',
    'Content-Length: -1\r\n',
    'Transfer-Encoding: chunked\r\n',
  ],
  ...['Expect: 100-continue\r\n', 'Upgrade: websocket\r\n', 'Content-Encoding: gzip\r\n', 'Connection: keep-alive\r\n'],
  ...[
    'Content-Type: application/json\r\n',
    'Content-Type: text/csv\r\n',
    '0\r\n\r\n',
    'ffffffff\r\n',
    '/metrics',
    '/../',
    '%00',
  ],
]

/** Sends the bytes as they are, and nothing more; resolves with what came back when the server has closed. */
async function exchange(port: number, bytes: Uint8Array): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let answer = ''
  socket.on('error', () => {})
  socket.on('data', (data) => (answer += data.toString('latin1')))
  socket.on('end', () => socket.end())
  const timer = setTimeout(() => socket.destroy(new Error('late')), CLOSED_MS)
  await new Promise<void>((resolve) => {
    let late = false
    socket.on('error', (error) => (late ||= error.message === 'late'))
    socket.on('close', () => {
      if (late) answer = 'late'
      resolve()
    })
    socket.end(bytes)
  })
  clearTimeout(timer)
  if (answer === 'late')
    broken(`the server keeps a connection for more than ${CLOSED_MS} ms after its other side has ended`)
  return answer
}

let server: RunServer

/** The server of operation: whatever is sent, it goes on to answer. */
export const operation: FuzzTarget = {
  name: 'http-operation',
  async open() {
    server = await serve(new Promise(() => {}), { port: 0 })
  },
  close: () => server.close(),
  corpus: () => [
    textBytes(ASKED),
    textBytes(`GET /metrics HTTP/1.1\r\n${HEAD}\r\n`),
    textBytes(`HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\nGET /readyz?a=b HTTP/1.1\r\n${HEAD}\r\n`),
    textBytes(`POST /metrics HTTP/1.1\r\n${HEAD}Content-Length: 3\r\n\r\nabc`),
  ],
  dictionary: WORDS,
  async run(bytes) {
    await exchange(server.port, bytes)
    if (!(await exchange(server.port, textBytes(ASKED))).startsWith('HTTP/1.1 200'))
      broken('the server answers no more')
  },
}

const Click = record({ user: string(), n: integer() })
const source = httpIngestSource()
const context: JobContext = {
  uid: 'clicks',
  options: { ...httpIngest({ port: 1, path: '/clicks', maxBodyBytes: 4096 }, Click).options, port: 0 },
  base: '/',
  job: 'fuzz',
  warn: () => {},
}
let reader: SplitReader
let reading: Promise<void>

function posted(body: string | Uint8Array, more = ''): Uint8Array {
  const bytes = typeof body === 'string' ? textBytes(body) : body
  const type = more.includes('Content-Type') ? '' : 'Content-Type: application/x-ndjson\r\n'
  const length = more.includes('chunked') ? '' : `Content-Length: ${bytes.length}\r\n`
  return Buffer.concat([textBytes(`POST /clicks HTTP/1.1\r\n${HEAD}${type}${length}${more}\r\n`), bytes])
}

/** The ingest: what it hands on are whole lines, and it goes on to take records. */
export const ingest: FuzzTarget = {
  name: 'http-ingest',
  async open() {
    const [split] = await source.splits(context)
    reader = await source.open(context, split, 0)
    reading = (async () => {
      for (let bytes = await reader.read(); bytes !== null; bytes = await reader.read()) {
        if (bytes.length > 0 && bytes[bytes.length - 1] !== 10) broken('a line without an end was handed on')
      }
    })()
  },
  async close() {
    await reader.close()
    await reading
    await source.close(context)
  },
  corpus: () => [
    posted('{"user":"a","n":1}\n{"user":"b","n":2}\n'),
    posted('[{"user":"a","n":1},{"user":"b","n":2}]', 'Content-Type: application/json\r\n'),
    posted('7\r\n{"a":1}\r\n1\r\n\n\r\n0\r\n\r\n', 'Transfer-Encoding: chunked\r\n'),
    posted(gzipSync('{"user":"a","n":1}'), 'Content-Encoding: gzip\r\n'),
    posted('{"user":"a","n":1}', 'Expect: 100-continue\r\n'),
  ],
  dictionary: WORDS,
  async run(bytes) {
    const port = source.port('clicks') as number
    await exchange(port, bytes)
    const answer = await exchange(port, posted('{"user":"a","n":1}\n'))
    if (!answer.startsWith('HTTP/1.1 200')) broken(`the ingest takes no more: ${answer.slice(0, 60)}`)
  },
}
