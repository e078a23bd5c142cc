import type { Socket } from 'node:net'
import { BackOff } from '../../net/back-off.ts'
import { connectionError } from '../../net/ingest-source.ts'
import { Outbox } from '../../net/outbox.ts'
import { pause } from '../../net/pause.ts'
import type { JobContext, JsonObject, SinkConnector, SinkWriter } from '../../stream/ports.ts'
import { type ConnectionOptions, openTcp } from './tcp-connection.ts'

/** Without a connection, or with connections that take nothing, for so long, the job is restarted from its last checkpoint. */
const GIVE_UP_MS = 30_000
/** The other side has so long to close the connection after the last row. */
const CLOSE_MS = 5_000

/**
 * Rows to a TCP server. Pending is what the system has not taken yet; what it has taken may still be lost with the connection.
 *
 * When a connection breaks, rows that the system had not taken as a whole are sent again on the next one.
 */
export class TcpSink implements SinkConnector {
  readonly kind = 'tcp'
  readonly guarantee = 'at-most-once'

  /** @throws ML_CONNECTION, ML_URL */
  async open(context: JobContext): Promise<SinkWriter> {
    const options = context.options as unknown as ConnectionOptions
    const where = `sink "${context.uid}"`
    return new TcpWriter(options, await openTcp(options, where), where, context.warn)
  }
}

class TcpWriter implements SinkWriter {
  readonly #options: ConnectionOptions
  readonly #where: string
  readonly #warn: (message: string) => void
  readonly #box = new Outbox()
  readonly #end = new AbortController()
  #socket: Socket | undefined
  /** Chunks of the box that were written to the socket. */
  #written = 0
  #reconnecting: Promise<void> = Promise.resolve()
  readonly #backOff = new BackOff()

  constructor(options: ConnectionOptions, socket: Socket, where: string, warn: (message: string) => void) {
    this.#options = options
    this.#where = where
    this.#warn = warn
    this.#use(socket)
  }

  get pendingBytes(): number {
    return this.#box.pendingBytes
  }

  append(bytes: Uint8Array): void {
    this.#box.append(bytes)
    this.#send()
  }

  roll(): void {}

  drain(): Promise<void> {
    return this.#box.settled()
  }

  async prepare(): Promise<JsonObject> {
    await this.#box.settled()
    return {}
  }

  async commit(): Promise<void> {}

  async close(): Promise<void> {
    this.#end.abort()
    await this.#reconnecting
    const socket = this.#socket
    this.#socket = undefined
    if (socket === undefined) return
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    const timer = setTimeout(() => socket.destroy(), CLOSE_MS)
    socket.end()
    if (!socket.destroyed) await closed
    clearTimeout(timer)
  }

  #use(socket: Socket): void {
    this.#socket = socket
    this.#written = 0
    // What the other side says is not asked for; unread, it would hide that it closes.
    socket.resume()
    let cause: unknown
    socket.on('error', (error) => {
      cause = error
    })
    socket.on('close', () => {
      if (this.#socket !== socket || this.#end.signal.aborted) return
      this.#socket = undefined
      this.#warn(`${this.#where}: the connection ended; rows under way on it may be lost`)
      this.#reconnecting = this.#reconnect(cause)
    })
    this.#send()
  }

  #send(): void {
    const socket = this.#socket
    if (socket === undefined) return
    const { chunks } = this.#box
    while (this.#written < chunks.length) {
      socket.write(chunks[this.#written++], (error) => {
        if (error || this.#socket !== socket) return
        this.#written--
        this.#box.release(1)
        this.#backOff.reset()
      })
    }
  }

  async #reconnect(cause: unknown): Promise<void> {
    const { signal } = this.#end
    const { host, port } = this.#options
    const brokenAt = performance.now()
    let last: unknown = cause ?? new Error('closed')
    const waitedMs = () => (this.pendingBytes > 0 ? this.#box.stalledMs : performance.now() - brokenAt)
    while (!signal.aborted && waitedMs() < GIVE_UP_MS) {
      // A server that ends each connection at once is not asked again at once.
      await pause(this.#backOff.next(), signal)
      try {
        const socket = await openTcp(this.#options, this.#where, signal)
        if (signal.aborted) socket.destroy()
        else this.#use(socket)
        return
      } catch (error) {
        last = error
      }
    }
    if (signal.aborted) return
    this.#box.fail(connectionError(`no connection to ${host}:${port} that takes rows`, this.#where, last))
  }
}
