/** What is answered on which path. Nothing here changes a run: there is no route that could. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { WatchedRun } from '../runtime/local/run-gauges.ts'
import { Access, type AccessOptions } from './access.ts'
import { EXPOSITION_TYPE } from './exposition.ts'
import { Health, type HealthOptions } from './health.ts'
import { runMetrics } from './run-metrics.ts'
import { runSummary } from './run-summary.ts'

export interface HandlerOptions extends AccessOptions, HealthOptions {}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

type Route = (health: Health) => Answer

const ROUTES: { readonly [path: string]: Route } = {
  '/': (health) => json(200, runSummary(health, Object.keys(ROUTES))),
  '/healthz': (health) => verdict(health.alive()),
  '/readyz': (health) => verdict(health.ready()),
  '/metrics': (health) => ({ status: 200, type: EXPOSITION_TYPE, body: runMetrics(health) }),
}

/** Asked by what cannot send a token; it tells nothing but that the process is alive. */
const OPEN = '/healthz'

/** What every path of ours looks like: an escaped one leads elsewhere. */
const PATH = /^(?:\/[A-Za-z0-9_-]+)*\/?$/

/**
 * Answers requests about a run: `/healthz`, `/readyz`, `/metrics` and `/`. For a server of your own; `serve` has one
 * with limits for slow and large requests.
 *
 * Without `token` whoever reaches the server may read. Answers are made from counters, in about a millisecond.
 *
 * @param run its handle, or the promise of it: until it resolves the run is not ready
 * @throws ML_RANGE for a token or host that is none
 */
export function handler(run: WatchedRun | Promise<WatchedRun>, options: HandlerOptions = {}): RequestListener {
  return answering(new Health(run, options), options)
}

/** As `handler`, about a run that is looked after already. */
export function answering(health: Health, options: AccessOptions): RequestListener {
  const access = new Access(options)
  return (request, response) => send(request, response, answerTo(request, access, health))
}

function answerTo(request: IncomingMessage, access: Access, health: Health): Answer {
  const { method, url = '' } = request
  const isRead = method === 'GET' || method === 'HEAD'
  const path = url.split('?', 1)[0]
  const refusal = access.refusal(request, isRead && path === OPEN)
  if (refusal !== undefined) return text(refusal.status, refusal.reason)
  if (!PATH.test(path) || path === '') return text(400, 'the path is not plain')
  if (!isRead) return text(405, 'only GET and HEAD are answered')
  if (hasBody(request)) return text(413, 'no route takes a body')
  if (!Object.hasOwn(ROUTES, path))
    return text(404, `there is no such route; there are ${Object.keys(ROUTES).join(', ')}`)
  try {
    return ROUTES[path](health)
  } catch {
    // Whatever went wrong must not end the run that is watched.
    return text(500, 'this could not be told')
  }
}

function send(request: IncomingMessage, response: ServerResponse, { status, type, body }: Answer): void {
  response.statusCode = status
  response.setHeader('content-type', type)
  response.setHeader('content-length', Buffer.byteLength(body))
  response.setHeader('cache-control', 'no-store')
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  if (status === 401) response.setHeader('www-authenticate', 'Bearer')
  if (status === 405) response.setHeader('allow', 'GET, HEAD')
  // A body is not read: the connection ends with the answer.
  if (hasBody(request)) response.setHeader('connection', 'close')
  response.end(request.method === 'HEAD' ? undefined : body)
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function verdict(problem: string | undefined): Answer {
  return problem === undefined ? text(200, 'ok') : text(503, problem)
}

function text(status: number, line: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${line}\n` }
}

function json(status: number, value: object): Answer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n` }
}
