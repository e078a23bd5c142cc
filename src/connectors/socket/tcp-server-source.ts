import { createServer, type Server, type Socket } from 'node:net'
import type { Producer } from '../../net/ingest-source.ts'
import type { Intake } from '../../net/intake.ts'
import { LineAssembler } from '../../net/line-assembler.ts'
import { listen, refuseExposed } from '../../net/listen.ts'
import { resolveToken } from '../../net/token.ts'
import type { JobContext } from '../../stream/ports.ts'
import type { SecretText } from '../../stream/secret.ts'
import { TokenLine } from './token-line.ts'

interface ServerOptions {
  readonly host: string
  readonly port: number
  readonly token?: SecretText
  readonly maxConnections: number
  readonly maxRecordBytes: number
  readonly csv: boolean
}

/**
 * Takes lines from every client that connects. All clients wait while the intake is full; each holds one line under way.
 *
 * A line without line break at the end of a connection is none: the client may have died in the middle of it.
 *
 * @throws ML_SERVE_OPEN, ML_SERVE_PORT, ML_SECRET
 */
export async function startTcpServer(
  context: JobContext,
  intake: Intake,
  fail: (error: unknown) => void,
): Promise<Producer> {
  const options = context.options as unknown as ServerOptions
  const where = `source "${context.uid}"`
  refuseExposed(options.host, options.token !== undefined, where)
  const token = await resolveToken(options.token, context.base, where)
  const lines = new LineServer(options, token, context, intake, fail)
  const port = await listen(lines.server, options.host, options.port, where)
  return { port, close: () => lines.close() }
}

class LineServer {
  readonly server: Server
  readonly #options: ServerOptions
  readonly #token: string | undefined
  readonly #context: JobContext
  readonly #intake: Intake
  readonly #fail: (error: unknown) => void
  readonly #sockets = new Set<Socket>()
  #isPaused = false
  #dropped = 0
  #unfinished = 0

  constructor(
    options: ServerOptions,
    token: string | undefined,
    context: JobContext,
    intake: Intake,
    fail: (error: unknown) => void,
  ) {
    this.#options = options
    this.#token = token
    this.#context = context
    this.#intake = intake
    this.#fail = fail
    this.server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }, (socket) =>
      this.#connected(socket),
    )
    this.server.maxConnections = options.maxConnections
    this.server.on('drop', () => {
      this.#dropped = this.#told(this.#dropped, `clients were turned away: ${options.maxConnections} are connected`)
    })
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #connected(socket: Socket): void {
    this.#sockets.add(socket)
    const assembler = new LineAssembler(this.#options.maxRecordBytes, this.#options.csv)
    const gate = this.#token === undefined ? undefined : new TokenLine(socket, this.#token)
    socket.on('data', (chunk) => {
      const admitted = gate === undefined ? chunk : gate.pass(chunk)
      if (admitted !== undefined) this.#deliver(assembler.take(admitted))
    })
    // A connection that breaks is the client's affair; its 'close' follows.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#sockets.delete(socket)
      if (assembler.heldBytes === 0 || !this.server.listening) return
      const what = 'connections ended in the middle of a line, which is dropped'
      this.#unfinished = this.#told(this.#unfinished, what)
    })
    if (this.#isPaused) socket.pause()
  }

  #deliver(lines: Uint8Array): void {
    if (lines.length === 0) return
    this.#intake.take(lines).catch(this.#fail)
    if (this.#intake.full && !this.#isPaused) this.#pause()
  }

  #pause(): void {
    this.#isPaused = true
    for (const socket of this.#sockets) socket.pause()
    this.#intake.room().then(() => {
      this.#isPaused = false
      for (const socket of this.#sockets) socket.resume()
    }, this.#fail)
  }

  /** Warns at the first time, the tenth, the hundredth, ...: a client may do it all day. */
  #told(before: number, what: string): number {
    const count = before + 1
    if (/^10*$/.test(String(count))) this.#context.warn(`source "${this.#context.uid}": ${count} ${what}`)
    return count
  }
}
