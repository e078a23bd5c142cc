/** `serve(...)`: an HTTP server of its own for a run, which slow or large requests cannot occupy. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { errorText, MillraceError } from '../errors.ts'
import { isLoopback } from '../net/listen.ts'
import type { WatchedRun } from '../runtime/local/run-gauges.ts'
import { systemCode } from '../storage/storage-error.ts'
import { answering, type HandlerOptions } from './handler.ts'
import { Health } from './health.ts'

export interface ServeOptions extends Omit<HandlerOptions, 'anyAddress'> {
  /** 0: any that is free. */
  readonly port: number
  /** Address to listen on (default 127.0.0.1: this machine alone). Another one needs a `token`. */
  readonly host?: string
}

export interface RunServer {
  /** Where it listens, such as `http://127.0.0.1:9464`. */
  readonly url: string
  readonly port: number
  /** Ends every connection; resolves when the port is free. */
  close(): Promise<void>
}

/** Connections held at once; one more ends the oldest. */
const MAX_CONNECTIONS = 128
const HEADERS_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 15_000
const MAX_HEADER_BYTES = 8 << 10

/**
 * Serves `/healthz`, `/readyz`, `/metrics` and `/` about a run, or about one that still starts.
 *
 * Listens on the loopback interface unless told otherwise. The process ends when the run does: an open server does not keep it.
 *
 * @param run its handle, or the promise of it
 * @throws ML_SERVE_OPEN for another address without a token; ML_SERVE_PORT when the address cannot be listened on;
 *   ML_RANGE for a wrong option
 * @example const running = run(pipeline); const { url, close } = await serve(running, { port: 9464 })
 */
export async function serve(run: WatchedRun | Promise<WatchedRun>, options: ServeOptions): Promise<RunServer> {
  const { port, host = '127.0.0.1', token, hosts, stuckMs } = options
  checkAddress(host, port)
  const anyAddress = !isLoopback(host)
  if (anyAddress && token === undefined) throw openToOthers(host)
  const access = { token, hosts, anyAddress }
  const health = new Health(run, { stuckMs })
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    answering(health, access),
  )
  limitConnections(server)
  // Without this an answer "100 Continue" would invite the body.
  server.on('checkContinue', (request, response) => server.emit('request', request, response))
  await listening(server, host, port)
  server.unref()
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        health.loopDelay.close()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Answers take no time, so the oldest connection is one that is idle, or slow on purpose. */
function limitConnections(server: Server): void {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    socket.unref()
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    const [oldest] = open
    if (open.size > MAX_CONNECTIONS) oldest.destroy()
  })
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(notListening(host, port, error)))
    server.listen(port, host, () => {
      server.removeAllListeners('error')
      // A connection that cannot be accepted, for want of file handles, is no reason to end the run.
      server.on('error', () => {})
      resolve()
    })
  })
}

function checkAddress(host: string, port: number): void {
  if (host !== '' && Number.isInteger(port) && port >= 0 && port <= 65_535) return
  throw new MillraceError('ML_RANGE', {
    what: 'a server listens on a host and a port of 0 to 65535',
    got: host === '' ? host : port,
    where: 'serve',
  })
}

function openToOthers(host: string): MillraceError {
  return new MillraceError('ML_SERVE_OPEN', {
    what: 'others could reach the server, and it has no token to tell them apart',
    got: host,
    where: 'the HTTP server',
    remedy: 'Give a token (MILLRACE_HTTP_TOKEN or MILLRACE_HTTP_TOKEN_FILE), or listen on 127.0.0.1',
  })
}

function notListening(host: string, port: number, error: Error): MillraceError {
  return new MillraceError('ML_SERVE_PORT', {
    what: `could not listen on ${host}, port ${port}`,
    got: systemCode(error) ?? errorText(error),
    where: 'the HTTP server',
    remedy: 'Give a port that is free, or 0 for any',
    cause: error,
  })
}
