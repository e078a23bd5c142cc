/**
 * A TCP proxy between a client and a server of this machine that fails by command: it cuts connections, refuses new ones,
 * delays bytes, or holds those of one direction back, so that requests arrive and their answers do not.
 *
 * A command holds for the connections there are and for those to come, until `heal`.
 */
import { createConnection, createServer, type Server, type Socket } from 'node:net'

/** 'up': from the client to the server; 'down': its answers. */
export type Direction = 'up' | 'down'

export interface TcpProxyOptions {
  /** Port of the server on 127.0.0.1; may be set later by `target`, for a server that must know the proxy's port first. */
  readonly target?: number
  /**
   * Told of each piece before it is passed on, as it came from the socket: for a fault at an exact point of a protocol.
   * Commands given from within it hold for this piece already.
   */
  readonly watch?: (bytes: Uint8Array, direction: Direction) => void
}

/** One direction of one connection: pieces in order, each not before its time. */
interface Lane {
  readonly direction: Direction
  readonly from: Socket
  readonly to: Socket
  readonly held: { readonly bytes: Uint8Array; readonly at: number }[]
  ended: boolean
  timer: NodeJS.Timeout | undefined
}

export class TcpProxy {
  /** Port of the server; connections made from now on go there. */
  target: number
  /** Told of each piece; see the option. */
  watch: TcpProxyOptions['watch']
  readonly #server: Server
  readonly #links = new Set<readonly [Lane, Lane]>()
  readonly #stalled = new Set<Direction>()
  #delayMs = 0
  #refuses = false

  /** Listens on a free port of 127.0.0.1. */
  static async start(options: TcpProxyOptions = {}): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    return new TcpProxy(server, options)
  }

  private constructor(server: Server, options: TcpProxyOptions) {
    this.#server = server
    this.target = options.target ?? 0
    this.watch = options.watch
    server.on('connection', (client) => this.#connected(client))
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#links.size
  }

  /** Resets every connection; bytes that are held back are lost. Returns how many there were. */
  cut(): number {
    const links = [...this.#links]
    for (const link of links) this.#drop(link)
    return links.length
  }

  /** Resets every connection, and each new one as soon as it is made. */
  refuse(): void {
    this.#refuses = true
    this.cut()
  }

  /** Holds back the bytes of a direction. The other one goes on. */
  stall(direction: Direction): void {
    this.#stalled.add(direction)
  }

  /** Passes bytes on this many milliseconds after they came, in both directions. */
  delay(ms: number): void {
    this.#delayMs = ms
  }

  /** Ends all of it; what was held back is passed on. */
  heal(): void {
    this.#refuses = false
    this.#delayMs = 0
    this.#stalled.clear()
    for (const lane of [...this.#links].flat()) {
      clearTimeout(lane.timer)
      lane.timer = undefined
      this.#pump(lane)
    }
  }

  async close(): Promise<void> {
    this.#refuses = true
    this.cut()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #connected(client: Socket): void {
    client.on('error', () => {})
    if (this.#refuses) {
      client.resetAndDestroy()
      return
    }
    const server = createConnection({ host: '127.0.0.1', port: this.target, allowHalfOpen: true, noDelay: true })
    client.setNoDelay(true)
    const lane = (direction: Direction, from: Socket, to: Socket): Lane => ({
      direction,
      from,
      to,
      held: [],
      ended: false,
      timer: undefined,
    })
    const link = [lane('up', client, server), lane('down', server, client)] as const
    this.#links.add(link)
    for (const each of link) {
      each.from.on('data', (bytes) => {
        this.watch?.(bytes, each.direction)
        if (!this.#links.has(link)) return
        each.held.push({ bytes, at: performance.now() + this.#delayMs })
        this.#pump(each)
      })
      each.from.on('end', () => {
        each.ended = true
        this.#pump(each)
      })
      each.from.on('error', () => this.#drop(link))
      each.from.on('close', () => this.#closed(link))
      each.to.on('drain', () => each.from.resume())
    }
  }

  /** Passes on what is due. */
  #pump(lane: Lane): void {
    if (this.#stalled.has(lane.direction) || lane.timer !== undefined) return
    for (let first = lane.held[0]; first !== undefined; first = lane.held[0]) {
      const waitMs = this.#delayMs === 0 ? 0 : first.at - performance.now()
      if (waitMs > 0) {
        lane.timer = setTimeout(() => {
          lane.timer = undefined
          this.#pump(lane)
        }, waitMs)
        return
      }
      lane.held.shift()
      if (!lane.to.write(first.bytes)) lane.from.pause()
    }
    if (lane.ended) lane.to.end()
  }

  /** One side is gone, and not by a half-close: the other goes, too, once it has what is on its way. */
  #closed(link: readonly [Lane, Lane]): void {
    const [up, down] = link
    if (up.from.destroyed && down.from.destroyed) this.#links.delete(link)
    else if (up.from.destroyed && !up.ended) this.#drop(link)
    else if (down.from.destroyed && !down.ended) this.#drop(link)
  }

  #drop(link: readonly [Lane, Lane]): void {
    this.#links.delete(link)
    for (const lane of link) {
      clearTimeout(lane.timer)
      lane.held.length = 0
      if (!lane.from.destroyed) lane.from.resetAndDestroy()
    }
  }
}
