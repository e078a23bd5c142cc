/** One request to Flink's REST API, and what its refusals mean. */
import { MillraceError, redacted, redactedText } from '../../errors.ts'
import { failureOf, remoteError } from './failure-text.ts'

export interface RestRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Sent as JSON. */
  readonly json?: unknown
  readonly form?: FormData
}

/** Where the API is, and the header that lets one in where the address names a user. */
export interface RestAddress {
  /** Without credentials and without a slash at its end. */
  readonly url: string
  readonly authorization: string | undefined
}

/** What Flink answered with an HTTP status that is no success. */
export class RestRefusal extends MillraceError {
  /** Flink's own words, without a stop at their end. */
  readonly reason: string

  constructor(where: string, text: string) {
    const reason = text.replace(/\.$/, '')
    const remedy = 'Look whether the address is that of the JobManager, and into its log'
    super('ML_FLINK_REST', { what: `Flink refuses: ${reason}`, where, remedy })
    this.reason = reason
  }
}

/** Long enough for a main method that reads a large plan, short enough to notice a cluster that hangs. */
const TIMEOUT_MS = 120_000

/** @throws ML_RANGE when it is no address of the form http://host:port */
export function restAddress(text: string, where = '--flink'): RestAddress {
  const url = /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) {
    const host = /^(?:[a-z][\w+.-]*:\/{1,2})?((?:[\w.-]+|\[[\da-f:]+\])(?::\d+)?)\/*$/i.exec(text)?.[1]
    const guess = host !== undefined && !/^\d+$/.test(host) && URL.canParse(`http://${host}`) ? host : '127.0.0.1:8081'
    throw new MillraceError('ML_RANGE', {
      what: "must be the address of Flink's REST API",
      got: redacted(text),
      where,
      remedy: `Write it as http://${guess}`,
    })
  }
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  const authorization = user === ':' ? undefined : `Basic ${Buffer.from(user).toString('base64')}`
  return { url: `${url.origin}${url.pathname}`.replace(/\/+$/, ''), authorization }
}

/**
 * @throws ML_FLINK_REST when nothing answers or what answers is no Flink, as RestRefusal when Flink says no; an error of
 *   the host as the host raised it
 */
export async function restRequest(address: RestAddress, path: string, request: RestRequest = {}): Promise<unknown> {
  const { method = 'GET', json, form } = request
  const headers: Record<string, string> = {}
  if (address.authorization !== undefined) headers.authorization = address.authorization
  if (json !== undefined) headers['content-type'] = 'application/json'
  let response: Response
  let text: string
  try {
    const body = json === undefined ? form : JSON.stringify(json)
    response = await fetch(address.url + path, { method, headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) })
    text = await response.text()
  } catch (error) {
    throw unreachable(address.url, error)
  }
  const answer = parsed(text)
  if (response.ok && answer !== undefined) return answer
  const { errors } = (answer ?? {}) as { errors?: readonly string[] }
  if (errors === undefined) throw noFlink(address.url, response.status, text)
  const failure = failureOf(errors.join('\n'))
  throw failure.code === undefined ? new RestRefusal(address.url + path, failure.text) : remoteError(failure)
}

/** An empty answer is an empty object: some requests have nothing to say. */
function parsed(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function unreachable(url: string, error: unknown): MillraceError {
  const { cause, name, message } = error as {
    cause?: { code?: string; message?: string }
    name: string
    message: string
  }
  const late = name === 'TimeoutError'
  return new MillraceError('ML_FLINK_REST', {
    what: `no Flink cluster answers: ${late ? 'the request timed out' : (cause?.code ?? cause?.message ?? message)}`,
    where: url,
    remedy: 'Mend the address (--flink), or start a cluster here with "millrace flink start"',
    cause: error,
  })
}

function noFlink(url: string, status: number, text: string): MillraceError {
  const secured = status === 401 || status === 403
  return new MillraceError('ML_FLINK_REST', {
    what: secured ? 'the cluster wants to know who asks' : "what answers is not Flink's REST API",
    got: redactedText(`HTTP ${status} ${text.trim().slice(0, 60)}`.trim()),
    where: url,
    remedy: secured
      ? 'Give the address as https://user:password@host'
      : "Give the address of the JobManager's web page, by default http://127.0.0.1:8081",
  })
}
