import type { WebSocket } from 'ws'
import { BackOff } from '../../net/back-off.ts'
import { OutboxWriter } from '../../net/outbox-writer.ts'
import type { JobContext, SinkConnector, SinkWriter } from '../../stream/ports.ts'
import { WebSocketClient } from './websocket-client.ts'

/** Without an answer for so long, a connection counts as broken. */
const PONG_MS = 20_000
const CLOSE_MS = 5_000
/** The answers of a server are not asked for; this many bytes of one are borne. */
const MAX_MESSAGE_BYTES = 1 << 20

/**
 * Each row as a text message, at least once: a pong to a ping that was sent behind rows says that the other side's WebSocket layer has them.
 * Rows without it are sent again on the next connection.
 */
export class WebSocketSink implements SinkConnector {
  readonly kind = 'websocket'
  readonly guarantee = 'at-least-once'

  /** @throws ML_CONNECTION, ML_NO_CLIENT, ML_URL, ML_SECRET */
  async open(context: JobContext): Promise<SinkWriter> {
    const where = `sink "${context.uid}"`
    const client = await WebSocketClient.of(context, where, MAX_MESSAGE_BYTES)
    const end = new AbortController()
    return new WebSocketWriter(client, await client.open(end.signal), where, context.warn, end)
  }
}

class WebSocketWriter extends OutboxWriter {
  readonly #client: WebSocketClient
  readonly #where: string
  readonly #warn: (message: string) => void
  readonly #end: AbortController
  #socket: WebSocket | undefined
  /** Chunks of the box sent on this connection. */
  #sent = 0
  /** Chunks that the ping under way answers for; 0: none is. */
  #asked = 0
  #pongTimer: ReturnType<typeof setTimeout> | undefined
  #reconnecting: Promise<void> = Promise.resolve()
  readonly #backOff = new BackOff()

  constructor(
    client: WebSocketClient,
    socket: WebSocket,
    where: string,
    warn: (message: string) => void,
    end: AbortController,
  ) {
    super()
    this.#client = client
    this.#where = where
    this.#warn = warn
    this.#end = end
    this.#use(socket)
  }

  protected override appended(): void {
    this.#send()
  }

  async close(): Promise<void> {
    this.#end.abort()
    await this.#reconnecting
    clearTimeout(this.#pongTimer)
    const socket = this.#socket
    this.#socket = undefined
    if (socket === undefined || socket.readyState === socket.CLOSED) return
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    const timer = setTimeout(() => socket.terminate(), CLOSE_MS)
    socket.close(1000)
    await closed
    clearTimeout(timer)
  }

  #use(socket: WebSocket): void {
    this.#socket = socket
    this.#sent = 0
    this.#asked = 0
    let cause: unknown
    socket.on('error', (error) => {
      cause = error
    })
    socket.on('pong', () => {
      if (this.#socket !== socket || this.#asked === 0) return
      clearTimeout(this.#pongTimer)
      const answered = this.#asked
      this.#asked = 0
      this.#sent -= answered
      this.box.release(answered)
      this.#backOff.reset()
      this.#ask()
    })
    socket.on('close', (code) => {
      clearTimeout(this.#pongTimer)
      if (this.#socket !== socket || this.#end.signal.aborted) return
      this.#socket = undefined
      this.#warn(`${this.#where}: the connection to ${this.#client.shown} was closed with ${code}`)
      this.#reconnecting = this.#reconnect(cause ?? new Error(`closed with ${code}`))
    })
    socket.resume()
    this.#send()
  }

  #send(): void {
    const socket = this.#socket
    if (socket === undefined || socket.readyState !== socket.OPEN) return
    const { chunks } = this.box
    for (; this.#sent < chunks.length; this.#sent++) {
      const chunk = chunks[this.#sent]
      for (let at = 0; at < chunk.length; ) {
        const feed = chunk.indexOf(LF, at)
        const end = feed < 0 ? chunk.length : feed
        socket.send(chunk.subarray(at, end), { binary: false })
        at = end + 1
      }
    }
    this.#ask()
  }

  /** Asks for a sign that all that was sent has come. One question is under way at a time. */
  #ask(): void {
    const socket = this.#socket
    if (this.#asked > 0 || this.#sent === 0 || socket === undefined || socket.readyState !== socket.OPEN) return
    this.#asked = this.#sent
    socket.ping()
    this.#pongTimer = setTimeout(() => socket.terminate(), PONG_MS)
  }

  async #reconnect(cause: unknown): Promise<void> {
    const { signal } = this.#end
    const socket = await this.reconnected(() => this.#client.open(signal), {
      signal,
      backOff: this.#backOff,
      to: this.#client.shown,
      where: this.#where,
      cause,
    })
    if (signal.aborted) socket?.terminate()
    else if (socket !== undefined) this.#use(socket)
  }
}

const LF = 10
