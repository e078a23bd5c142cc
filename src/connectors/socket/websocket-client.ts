/** The package `ws`, loaded when a pipeline needs it, and opening a connection with it. */
import type { WebSocket } from 'ws'
import { isMillraceError, MillraceError } from '../../errors.ts'
import { headerTexts } from '../../net/header-texts.ts'
import { connectionError } from '../../net/ingest-source.ts'
import { guardedLookup, outgoingUrl, shownUrl } from '../../net/outgoing-address.ts'
import type { JobContext } from '../../stream/ports.ts'
import type { SecretText } from '../../stream/secret.ts'

export interface ClientOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, SecretText>>
  readonly allowLinkLocal?: boolean
}

const OPEN_MS = 10_000

/** Opens one connection after the other to one server. */
export class WebSocketClient {
  /** The address as it may be shown. */
  readonly shown: string
  readonly #where: string
  readonly #url: URL
  readonly #headers: Record<string, string>
  readonly #allowLinkLocal: boolean
  readonly #maxMessageBytes: number
  readonly #ws: typeof WebSocket

  private constructor(
    where: string,
    url: URL,
    headers: Record<string, string>,
    allowLinkLocal: boolean,
    maxMessageBytes: number,
    ws: typeof WebSocket,
  ) {
    this.shown = shownUrl(url)
    this.#where = where
    this.#url = url
    this.#headers = headers
    this.#allowLinkLocal = allowLinkLocal
    this.#maxMessageBytes = maxMessageBytes
    this.#ws = ws
  }

  /** @throws ML_NO_CLIENT, ML_URL, ML_SECRET */
  static async of(context: JobContext, where: string, maxMessageBytes: number): Promise<WebSocketClient> {
    const { url, headers, allowLinkLocal = false } = context.options as unknown as ClientOptions
    const target = outgoingUrl(url, ['ws:', 'wss:'], where, allowLinkLocal)
    const texts = await headerTexts(headers, context.base, where)
    return new WebSocketClient(where, target, texts, allowLinkLocal, maxMessageBytes, await loadClient(where))
  }

  /**
   * A connection that is open. Nobody listens to it yet, so it is paused: what comes at once is not lost.
   *
   * @throws ML_CONNECTION, ML_URL
   */
  async open(end: AbortSignal): Promise<WebSocket> {
    const socket = new this.#ws(this.#url, {
      headers: this.#headers,
      handshakeTimeout: OPEN_MS,
      maxPayload: this.#maxMessageBytes,
      // Compressed messages could inflate to anything.
      perMessageDeflate: false,
      followRedirects: false,
      ...{ lookup: guardedLookup(this.#where, this.#allowLinkLocal) },
    })
    const stop = () => socket.terminate()
    end.addEventListener('abort', stop)
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('open', () => {
          socket.pause()
          resolve()
        })
        socket.once('error', reject)
        socket.once('close', (code) => reject(new Error(`closed with ${code}`)))
        if (end.aborted) stop()
      })
      return socket
    } catch (error) {
      socket.on('error', () => {})
      socket.terminate()
      throw isMillraceError(error) ? error : connectionError(`cannot connect to ${this.shown}`, this.#where, error)
    } finally {
      end.removeEventListener('abort', stop)
    }
  }
}

/** @throws ML_NO_CLIENT */
async function loadClient(where: string): Promise<typeof WebSocket> {
  try {
    return (await import('ws')).WebSocket
  } catch (cause) {
    throw new MillraceError('ML_NO_CLIENT', {
      what: 'WebSocket needs the package "ws"',
      where,
      remedy: 'Run: npm install ws',
      cause,
    })
  }
}
