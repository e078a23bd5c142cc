import { createServer, type Server, type Socket } from 'node:net'
import { listen, refuseExposed } from '../../net/listen.ts'
import { resolveToken } from '../../net/token.ts'
import type { JobContext, JsonObject, SinkConnector, SinkWriter } from '../../stream/ports.ts'
import type { SecretText } from '../../stream/secret.ts'
import { TokenLine } from './token-line.ts'

interface ServerOptions {
  readonly host: string
  readonly port: number
  readonly token?: SecretText
  readonly maxConnections: number
}

/** A client that has taken nothing for so long while rows wait for it is disconnected: it may not hold up the others. */
const PATIENCE_MS = 5_000

/** Rows to every client that is connected when they come. Without any client they go nowhere. */
export class TcpServerSink implements SinkConnector {
  readonly kind = 'tcp-server'
  readonly guarantee = 'at-most-once'
  readonly #patienceMs: number
  readonly #writers = new Map<string, Broadcast>()

  constructor(patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs
  }

  /** @throws ML_SERVE_OPEN, ML_SERVE_PORT, ML_SECRET */
  async open(context: JobContext): Promise<SinkWriter> {
    const options = context.options as unknown as ServerOptions
    const where = `sink "${context.uid}"`
    refuseExposed(options.host, options.token !== undefined, where)
    const token = await resolveToken(options.token, context.base, where)
    const writer = new Broadcast(options, token, this.#patienceMs, (message) => context.warn(`${where}: ${message}`))
    writer.port = await listen(writer.server, options.host, options.port, where)
    this.#writers.set(context.uid, writer)
    return writer
  }

  /** The port a sink listens at, for programs that let the system choose one. */
  port(uid: string): number | undefined {
    return this.#writers.get(uid)?.port
  }
}

class Broadcast implements SinkWriter {
  readonly server: Server
  port = 0
  readonly #clients = new Set<Socket>()
  readonly #patienceMs: number
  readonly #warn: (message: string) => void

  constructor(
    { maxConnections }: ServerOptions,
    token: string | undefined,
    patienceMs: number,
    warn: (message: string) => void,
  ) {
    this.#patienceMs = patienceMs
    this.#warn = warn
    this.server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#connected(socket, token))
    this.server.maxConnections = maxConnections
  }

  /** What the slowest client has not taken. */
  get pendingBytes(): number {
    let bytes = 0
    for (const client of this.#clients) bytes = Math.max(bytes, client.writableLength)
    return bytes
  }

  append(bytes: Uint8Array): void {
    if (this.#clients.size === 0) return
    const rows = bytes.slice()
    for (const client of this.#clients) client.write(rows)
  }

  roll(): void {}

  /** Waits for every client that goes on taking. */
  async drain(): Promise<void> {
    await Promise.all([...this.#clients].map((client) => this.#drained(client)))
  }

  async prepare(): Promise<JsonObject> {
    await this.drain()
    return {}
  }

  async commit(): Promise<void> {}

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()))
    await Promise.all([...this.#clients].map((client) => this.#drained(client)))
    for (const client of this.#clients) client.destroySoon()
    await closed
  }

  #connected(socket: Socket, token: string | undefined): void {
    socket.on('error', () => {})
    socket.on('close', () => this.#clients.delete(socket))
    const gate = token === undefined ? undefined : new TokenLine(socket, token)
    // What clients say else is not asked for.
    socket.on('data', (chunk) => {
      gate?.pass(chunk)
      if (gate?.isOpen) this.#clients.add(socket)
    })
    if (gate === undefined) this.#clients.add(socket)
  }

  /** Resolves when a client has taken all that was written to it, or is gone. */
  async #drained(client: Socket): Promise<void> {
    let taken = client.bytesWritten - client.writableLength
    let since = performance.now()
    while (client.writableLength > 0 && !client.destroyed) {
      await new Promise((resolve) => setTimeout(resolve, 2))
      const now = client.bytesWritten - client.writableLength
      if (now > taken) since = performance.now()
      else if (performance.now() - since > this.#patienceMs) {
        this.#warn(`a client that took nothing for ${this.#patienceMs} ms was disconnected`)
        this.#clients.delete(client)
        client.destroy()
      }
      taken = now
    }
  }
}
