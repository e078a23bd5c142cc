import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { guardedLookup } from '../../net/outgoing-address.ts'

export interface Answer {
  readonly status: number
  /** The beginning of the body. */
  readonly text: string
  /** What `Retry-After` asks for; 0 where it does not. */
  readonly retryAfterMs: number
}

const MAX_ANSWER_BYTES = 4096

/** Posts to one URL over one connection that is kept. */
export class HttpClient {
  readonly #url: URL
  readonly #headers: Readonly<Record<string, string>>
  readonly #timeoutMs: number
  readonly #agent: HttpAgent
  readonly #lookup: ReturnType<typeof guardedLookup>

  constructor(
    url: URL,
    headers: Readonly<Record<string, string>>,
    timeoutMs: number,
    where: string,
    allowLinkLocal: boolean,
  ) {
    this.#url = url
    this.#headers = headers
    this.#timeoutMs = timeoutMs
    const options = { keepAlive: true, maxSockets: 1, noDelay: true }
    this.#agent = url.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options)
    this.#lookup = guardedLookup(where, allowLinkLocal)
  }

  /** @throws what the network says; an answer of any status is none */
  async post(body: Uint8Array, end: AbortSignal): Promise<Answer> {
    const send = this.#url.protocol === 'https:' ? requestHttps : requestHttp
    const request = send(this.#url, {
      method: 'POST',
      agent: this.#agent,
      headers: { ...this.#headers, 'content-length': body.length },
      lookup: this.#lookup,
    })
    // Of the whole exchange: a timeout of the socket alone would let an answer drip.
    const timer = setTimeout(
      () => request.destroy(new Error(`no answer within ${this.#timeoutMs} ms`)),
      this.#timeoutMs,
    )
    const stop = () => request.destroy(new Error('closed'))
    end.addEventListener('abort', stop)
    try {
      return await new Promise<Answer>((resolve, reject) => {
        request.on('error', reject)
        request.on('response', (response) => void answerOf(response).then(resolve, reject))
        request.end(body)
        if (end.aborted) stop()
      })
    } finally {
      clearTimeout(timer)
      end.removeEventListener('abort', stop)
    }
  }

  close(): void {
    this.#agent.destroy()
  }
}

async function answerOf(response: IncomingMessage): Promise<Answer> {
  const { statusCode = 0, headers } = response
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (bytes < MAX_ANSWER_BYTES) chunks.push(chunk)
    bytes += chunk.length
  }
  const text = Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString()
  const seconds = Number(headers['retry-after'] ?? 0)
  return { status: statusCode, text, retryAfterMs: seconds > 0 ? seconds * 1000 : 0 }
}
