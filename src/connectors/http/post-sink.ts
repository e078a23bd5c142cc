import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { MillraceError } from '../../errors.ts'
import { BackOff } from '../../net/back-off.ts'
import { headerTexts } from '../../net/header-texts.ts'
import { connectionError } from '../../net/ingest-source.ts'
import { OutboxWriter } from '../../net/outbox-writer.ts'
import { outgoingUrl, shownUrl } from '../../net/outgoing-address.ts'
import { pause } from '../../net/pause.ts'
import { storageError } from '../../storage/storage-error.ts'
import type { JobContext, SinkConnector, SinkWriter } from '../../stream/ports.ts'
import type { SecretText } from '../../stream/secret.ts'
import { type Answer, HttpClient } from './post-request.ts'

interface PostOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, SecretText>>
  readonly batchBytes: number
  readonly timeoutMs: number
  readonly deadLetters?: string
  readonly allowLinkLocal?: boolean
  readonly format: { readonly name: string }
}

/** Without a good answer for so long, the job is restarted from its last checkpoint. */
const GIVE_UP_MS = 60_000
/** What says that rows are wrong; any other status, such as 401 or a redirect, says that the sink is, and ends the run. */
const ROW_STATUSES = [400, 409, 413, 422]
/** A row that is refused is asked about so often before it counts as refused. */
const REFUSED_TRIES = 3

/**
 * Posts rows in batches, one request at a time, in order; at least once. A row counts as out when a batch with it was answered 2xx.
 *
 * What the receiver refuses for good is found by halving its batch. Redirects are not followed: they count as refused.
 */
export class HttpPostSink implements SinkConnector {
  readonly kind = 'http-post'
  readonly guarantee = 'at-least-once'
  readonly #giveUpMs: number
  readonly #firstPauseMs: number

  constructor(giveUpMs = GIVE_UP_MS, firstPauseMs = 250) {
    this.#giveUpMs = giveUpMs
    this.#firstPauseMs = firstPauseMs
  }

  /** @throws ML_URL, ML_SECRET; whether the receiver answers shows with the first rows */
  async open(context: JobContext): Promise<SinkWriter> {
    const where = `sink "${context.uid}"`
    const options = context.options as unknown as PostOptions
    const { allowLinkLocal = false, timeoutMs, format } = options
    const url = outgoingUrl(options.url, ['http:', 'https:'], where, allowLinkLocal)
    const headers = {
      'content-type': format.name === 'csv' ? 'text/csv' : 'application/x-ndjson',
      ...(await headerTexts(options.headers, context.base, where)),
    }
    const client = new HttpClient(url, headers, timeoutMs, where, allowLinkLocal)
    const letters = options.deadLetters === undefined ? undefined : resolve(context.base, options.deadLetters)
    return new Sender({
      client,
      where,
      shown: shownUrl(url),
      batchBytes: options.batchBytes,
      deadLetters: letters,
      warn: context.warn,
      giveUpMs: this.#giveUpMs,
      firstPauseMs: this.#firstPauseMs,
    })
  }
}

interface SenderOptions {
  readonly client: HttpClient
  /** The URL as it may be shown. */
  readonly shown: string
  readonly batchBytes: number
  /** Path of the file for refused rows. */
  readonly deadLetters: string | undefined
  readonly where: string
  readonly warn: (message: string) => void
  readonly giveUpMs: number
  readonly firstPauseMs: number
}

class Sender extends OutboxWriter {
  readonly #options: SenderOptions
  readonly #end = new AbortController()
  readonly #done: Promise<void>

  constructor(options: SenderOptions) {
    super()
    this.#options = options
    this.#done = this.#run().catch((error) => this.box.fail(error))
  }

  /** Rows without an answer are left: the next run sends them again. */
  async close(): Promise<void> {
    this.#end.abort()
    this.box.arrived.fire()
    await this.#done
    this.#options.client.close()
  }

  async #run(): Promise<void> {
    const { signal } = this.#end
    const { batchBytes } = this.#options
    while (!signal.aborted) {
      const { chunks } = this.box
      if (chunks.length === 0) {
        await this.box.arrived.wait()
        continue
      }
      let count = 1
      let bytes = chunks[0].length
      while (count < chunks.length && bytes + chunks[count].length <= batchBytes) bytes += chunks[count++].length
      const whole = Buffer.concat(chunks.slice(0, count))
      for (const batch of batches(whole, batchBytes)) if (!(await this.#deliver(batch))) return
      this.box.release(count)
    }
  }

  /** False when the sink closes before there is an answer. */
  async #deliver(batch: Uint8Array): Promise<boolean> {
    const answer = await this.#answered(batch)
    if (answer === undefined) return false
    if (answer.status < 300) return true
    const { shown, where } = this.#options
    if (!ROW_STATUSES.includes(answer.status)) throw refusal(shown, answer, batch, where)
    const half = middleLine(batch)
    if (half > 0) return (await this.#deliver(batch.subarray(0, half))) && (await this.#deliver(batch.subarray(half)))
    return await this.#refused(batch, answer)
  }

  /** The answer once it is one to the rows: a success, or a refusal for good. Undefined when the sink closes. */
  async #answered(batch: Uint8Array): Promise<Answer | undefined> {
    const { signal } = this.#end
    const { client, shown, where, warn, giveUpMs, firstPauseMs } = this.#options
    const backOff = new BackOff(firstPauseMs)
    const until = performance.now() + giveUpMs
    let isTold = false
    while (!signal.aborted) {
      let problem: unknown
      let waitMs = backOff.next()
      try {
        const answer = await client.post(batch, signal)
        if (!isForLater(answer.status)) return answer
        problem = new Error(`answered ${answer.status}`)
        waitMs = Math.max(waitMs, Math.min(answer.retryAfterMs, giveUpMs / 4))
      } catch (error) {
        if ((error as { code?: unknown }).code === 'ML_URL') throw error
        problem = error
      }
      if (signal.aborted) return undefined
      if (performance.now() + waitMs > until) throw connectionError(`${shown} takes no rows`, where, problem)
      if (!isTold) warn(`${where}: ${shown} takes no rows (${(problem as Error).message}); trying on`)
      isTold = true
      await pause(waitMs, signal)
    }
    return undefined
  }

  /** A single row that was refused: asked about again, then set aside or the end of the run. */
  async #refused(row: Uint8Array, first: Answer): Promise<boolean> {
    const { firstPauseMs, deadLetters, shown, where } = this.#options
    let answer: Answer | undefined = first
    for (let tries = 1; tries < REFUSED_TRIES; tries++) {
      await pause(firstPauseMs, this.#end.signal)
      answer = await this.#answered(row)
      if (answer === undefined) return false
      if (answer.status < 300) return true
    }
    if (deadLetters === undefined) throw refusal(shown, answer, row, where)
    const letter = { status: answer.status, answer: answer.text, row: Buffer.from(row).toString().trimEnd() }
    await appendDurably(deadLetters, `${JSON.stringify(letter)}\n`)
    return true
  }
}

/** Whether a status says to come again rather than that the rows are wrong. */
function isForLater(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500
}

/** Whole rows, together up to a size; one row may be longer. */
function* batches(rows: Uint8Array, maxBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < rows.length; ) {
    let end = rows.length
    if (end - at > maxBytes) {
      const fit = rows.lastIndexOf(LF, at + maxBytes - 1) + 1
      end = fit > at ? fit : rows.indexOf(LF, at) + 1 || rows.length
    }
    yield rows.subarray(at, end)
    at = end
  }
}

/** Where the second half of the rows begins; 0 for a single one. */
function middleLine(rows: Uint8Array): number {
  const before = rows.lastIndexOf(LF, (rows.length >> 1) - 1) + 1
  if (before > 0) return before
  const after = rows.indexOf(LF) + 1
  return after < rows.length ? after : 0
}

async function appendDurably(path: string, line: string): Promise<void> {
  try {
    const file = await open(path, 'a', 0o600)
    try {
      await file.appendFile(line)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    throw storageError('set a refused row aside', path, error)
  }
}

function refusal(shown: string, answer: Answer, rows: Uint8Array, where: string): MillraceError {
  return new MillraceError('ML_SINK_ROW', {
    what: `${shown} refuses rows with ${answer.status}: ${answer.text.slice(0, 200)}`,
    got: Buffer.from(rows.subarray(0, 200)).toString(),
    where,
    remedy: 'Make its rows what the receiver takes, or give deadLetters: a file for those it refuses',
  })
}

const LF = 10
