import { MillraceError } from '../../errors.ts'
import type { ConnectorContext, JsonObject, SinkConnector, SinkWriter } from '../../stream/ports.ts'

/** What is needed of a stream; `process.stdout` is one. */
export interface OutputStream {
  write(bytes: Uint8Array, done: (error?: Error | null) => void): boolean
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** Rows on standard output, at least once: what was printed cannot be taken back. */
export class StdoutSink implements SinkConnector {
  readonly kind = 'stdout'
  readonly guarantee = 'at-least-once'
  readonly #stream: OutputStream
  #listening = false

  constructor(stream: OutputStream = process.stdout) {
    this.#stream = stream
  }

  async open(context: ConnectorContext): Promise<SinkWriter> {
    // Errors come to the callback of each write as well; without a listener they would end the process.
    if (!this.#listening) this.#stream.on('error', () => {})
    this.#listening = true
    return new StdoutWriter(this.#stream, `sink "${context.uid}"`)
  }
}

class StdoutWriter implements SinkWriter {
  pendingBytes = 0
  readonly #stream: OutputStream
  readonly #where: string
  #tail: Promise<void> = Promise.resolve()
  #failure: MillraceError | undefined

  constructor(stream: OutputStream, where: string) {
    this.#stream = stream
    this.#where = where
  }

  /** The stream keeps the bytes until it has written them, so they are copied. */
  append(bytes: Uint8Array): void {
    if (this.#failure !== undefined || bytes.length === 0) return
    this.pendingBytes += bytes.length
    const written = new Promise<void>((resolve) => {
      this.#stream.write(new Uint8Array(bytes), (error) => {
        this.pendingBytes -= bytes.length
        if (error) this.#failure ??= closed(error, this.#where)
        resolve()
      })
    })
    this.#tail = this.#tail.then(() => written)
  }

  roll(): void {}

  async drain(): Promise<void> {
    await this.#tail
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Resolves when everything before the cut was handed to the system. */
  async prepare(_epoch: number): Promise<JsonObject> {
    await this.drain()
    return {}
  }

  async commit(): Promise<void> {}

  async close(): Promise<void> {
    await this.#tail
  }
}

function closed(cause: Error, where: string): MillraceError {
  return new MillraceError('ML_STDOUT', {
    what: 'standard output cannot be written to',
    got: (cause as { code?: unknown }).code ?? cause.message,
    where,
    remedy: 'Its reader has probably ended: start again, the run goes on from its last checkpoint',
    cause,
  })
}
