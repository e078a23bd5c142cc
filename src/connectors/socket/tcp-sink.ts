import type { Socket } from 'node:net'
import { BackOff } from '../../net/back-off.ts'
import { OutboxWriter } from '../../net/outbox-writer.ts'
import type { JobContext, SinkConnector, SinkWriter } from '../../stream/ports.ts'
import { type ConnectionOptions, openTcp } from './tcp-connection.ts'

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

class TcpWriter extends OutboxWriter {
  readonly #options: ConnectionOptions
  readonly #where: string
  readonly #warn: (message: string) => void
  readonly #end = new AbortController()
  #socket: Socket | undefined
  /** Chunks of the box that were written to the socket. */
  #written = 0
  #reconnecting: Promise<void> = Promise.resolve()
  readonly #backOff = new BackOff()

  constructor(options: ConnectionOptions, socket: Socket, where: string, warn: (message: string) => void) {
    super()
    this.#options = options
    this.#where = where
    this.#warn = warn
    this.#use(socket)
  }

  protected override appended(): void {
    this.#send()
  }

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
    const { chunks } = this.box
    while (this.#written < chunks.length) {
      socket.write(chunks[this.#written++], (error) => {
        if (error || this.#socket !== socket) return
        this.#written--
        this.box.release(1)
        this.#backOff.reset()
      })
    }
  }

  async #reconnect(cause: unknown): Promise<void> {
    const { signal } = this.#end
    const { host, port } = this.#options
    const socket = await this.reconnected(() => openTcp(this.#options, this.#where, signal), {
      signal,
      backOff: this.#backOff,
      to: `${host}:${port}`,
      where: this.#where,
      cause: cause ?? new Error('closed'),
    })
    if (signal.aborted) socket?.destroy()
    else if (socket !== undefined) this.#use(socket)
  }
}
