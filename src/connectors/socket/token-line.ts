import type { Socket } from 'node:net'
import { joined } from '../../net/line-assembler.ts'
import { sameToken } from '../../net/token.ts'

/** A client has so long to say who it is. */
const PATIENCE_MS = 10_000
const MAX_TOKEN_BYTES = 4096

/** Lets through what a client sends after a first line that is the token; any other client is disconnected without a word. */
export class TokenLine {
  readonly #socket: Socket
  readonly #token: string
  readonly #timer: ReturnType<typeof setTimeout>
  #head = new Uint8Array(0)
  #isOpen = false

  constructor(socket: Socket, token: string) {
    this.#socket = socket
    this.#token = token
    this.#timer = setTimeout(() => socket.destroy(), PATIENCE_MS)
    socket.on('close', () => clearTimeout(this.#timer))
  }

  /** Whether the token has come. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** The bytes after the token; undefined while there are none. */
  pass(chunk: Uint8Array): Uint8Array | undefined {
    if (this.#isOpen) return chunk
    const all = joined([this.#head, chunk])
    const feed = all.indexOf(LF)
    if (feed < 0 && all.length <= MAX_TOKEN_BYTES) {
      this.#head = all.slice()
      return undefined
    }
    clearTimeout(this.#timer)
    const line = Buffer.from(all.subarray(0, Math.max(0, feed)))
      .toString('utf8')
      .replace(/\r$/, '')
    if (feed < 0 || !sameToken(line, this.#token)) {
      this.#socket.destroy()
      return undefined
    }
    this.#isOpen = true
    return feed + 1 < all.length ? all.subarray(feed + 1) : undefined
  }
}

const LF = 10
