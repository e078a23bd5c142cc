import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Intake } from '../../net/intake.ts'
import { pause } from '../../net/pause.ts'
import { Admission, type AdmissionOptions } from './admission.ts'
import { bodyLines } from './body-lines.ts'
import { RateLimiter } from './rate-limiter.ts'
import { later, Refusal } from './refusal.ts'
import { BodyBudget, readBody } from './request-body.ts'

export interface HandlerOptions extends AdmissionOptions {
  readonly maxBodyBytes: number
  readonly maxRecordBytes: number
  readonly csv: boolean
  readonly rate: { readonly recordsPerSecond?: number; readonly bytesPerSecond?: number }
}

/** How long a request waits for room before it is sent away: a short pause of the engine shall not be seen. */
const ROOM_MS = 500
const BODIES_BYTES = 64 << 20
/** A client whose body is refused half sent gets this much of it read, else it would not see the answer. */
const LINGER_BYTES = 8 << 20
const LINGER_MS = 2_000

/** Answers the requests of one ingest: takes all records of a body, or none. */
export class IngestHandler {
  readonly budget: BodyBudget
  readonly #options: HandlerOptions
  readonly #admission: Admission
  readonly #rate: RateLimiter
  readonly #intake: Intake
  readonly #fail: (error: unknown) => void
  #isClosing = false

  constructor(
    options: HandlerOptions,
    token: string | undefined,
    intake: Intake,
    fail: (error: unknown) => void,
    now?: () => number,
  ) {
    this.budget = new BodyBudget(Math.max(BODIES_BYTES, 4 * options.maxBodyBytes))
    this.#options = options
    this.#admission = new Admission(options, token)
    this.#rate = new RateLimiter(options.rate, now)
    this.#intake = intake
    this.#fail = fail
  }

  /** From now on every request is answered 503. */
  close(): void {
    this.#isClosing = true
  }

  /** Never rejects. `expectsContinue`: the client waits to be asked for its body. */
  readonly handle = async (
    request: IncomingMessage,
    response: ServerResponse,
    expectsContinue = false,
  ): Promise<void> => {
    let isSending = !expectsContinue
    const askForBody = () => {
      if (!isSending) response.writeContinue()
      isSending = true
    }
    try {
      const accepted = await this.#take(request, askForBody)
      answer(response, 200, { accepted })
      response.end()
    } catch (error) {
      await this.#refuse(request, response, error, isSending)
    }
  }

  async #take(request: IncomingMessage, askForBody: () => void): Promise<number> {
    this.#admission.admit(request)
    if (this.#isClosing) throw later(503, 'the ingest is closing')
    this.#rate.check()
    await this.#room()
    askForBody()
    const { maxBodyBytes } = this.#options
    const body = await readBody(request, maxBodyBytes, this.budget)
    const { lines, records } = bodyLines(body, request.headers['content-type'], this.#options)
    this.#rate.take(records, body.length)
    if (this.#isClosing) throw later(503, 'the ingest is closing')
    try {
      await this.#intake.take(lines)
    } catch (error) {
      this.#fail(error)
      throw later(503, 'the records could not be stored')
    }
    return records
  }

  async #room(): Promise<void> {
    if (!this.#intake.full) return
    const room = this.#intake.room().catch(this.#fail)
    await Promise.race([room, pause(ROOM_MS)])
    if (this.#intake.full) throw later(503, 'records come faster than they are processed')
  }

  async #refuse(request: IncomingMessage, response: ServerResponse, error: unknown, isSending: boolean): Promise<void> {
    const refusal = error instanceof Refusal ? error : new Refusal(500, 'the request could not be processed')
    if (!(error instanceof Refusal)) this.#fail(error)
    if (response.destroyed) return
    if (!request.complete || this.#isClosing) response.shouldKeepAlive = false
    answer(response, refusal.status, { error: refusal.message }, refusal.headers)
    if (!request.complete && isSending) await drained(request)
    response.end()
  }
}

function answer(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  response.write(text)
}

/** Reads on, in bounds, what a client still sends: closing before would take the answer from it. */
async function drained(request: IncomingMessage): Promise<void> {
  let left = LINGER_BYTES
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, LINGER_MS)
    const end = () => {
      clearTimeout(timer)
      resolve()
    }
    request.on('data', (chunk) => {
      left -= chunk.length
      if (left < 0) end()
    })
    request.on('end', end).on('close', end).on('error', end)
    request.resume()
  })
}
