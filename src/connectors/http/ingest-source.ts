import { createServer } from 'node:http'
import { IngestSource, type Producer } from '../../net/ingest-source.ts'
import type { Intake } from '../../net/intake.ts'
import { listen, refuseExposed } from '../../net/listen.ts'
import { pause } from '../../net/pause.ts'
import { resolveToken } from '../../net/token.ts'
import type { JobContext } from '../../stream/ports.ts'
import type { SecretText } from '../../stream/secret.ts'
import { type HandlerOptions, IngestHandler } from './ingest-handler.ts'

interface IngestOptions extends HandlerOptions {
  readonly port: number
  readonly token?: SecretText
  readonly maxConnections: number
  readonly requestTimeoutMs: number
}

const HEADERS_MS = 10_000
const MAX_HEADER_BYTES = 8 << 10
/** How long requests under way may go on when the source closes. */
const CLOSE_MS = 1_000

/** Records that others post, as a source. */
export const httpIngestSource = (): IngestSource => new IngestSource('http-ingest', startHttpIngest)

/** @throws ML_SERVE_OPEN, ML_SERVE_PORT, ML_SECRET */
export async function startHttpIngest(
  context: JobContext,
  intake: Intake,
  fail: (error: unknown) => void,
): Promise<Producer> {
  const options = context.options as unknown as IngestOptions
  const { host, port, requestTimeoutMs, maxConnections } = options
  const where = `source "${context.uid}"`
  refuseExposed(host, options.token !== undefined, where)
  const token = await resolveToken(options.token, context.base, where)
  const handler = new IngestHandler(options, token, intake, fail)
  const server = createServer({
    // Node's own are 60 s, 300 s and 30 s, and no bound of connections: a thousand slow clients would stay for minutes.
    headersTimeout: Math.min(HEADERS_MS, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs),
    keepAliveTimeout: 5_000,
    maxHeaderSize: MAX_HEADER_BYTES,
    noDelay: true,
  })
  server.maxConnections = maxConnections
  server.on('request', (request, response) => void handler.handle(request, response))
  server.on('checkContinue', (request, response) => void handler.handle(request, response, true))
  return {
    port: await listen(server, host, port, where),
    async close() {
      handler.close()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      await Promise.race([closed, pause(CLOSE_MS)])
      server.closeAllConnections()
      await closed
    },
  }
}
