/**
 * Who may ask: by the name they reached us under, by the page that asks, by their token.
 *
 * A page of another site can make a browser connect to an address of its own that leads here, even to the loopback
 * interface; the browser then says so in `Host` or `Origin`. So only names that are known to be ours are answered.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { MillraceError } from '../errors.ts'

export interface AccessOptions {
  /** With it every route but `/healthz` wants `Authorization: Bearer <token>`. */
  readonly token?: string
  /** Names, beside localhost, under which others reach the server, without port. */
  readonly hosts?: readonly string[]
  /** Whether to answer under every IP address and not those of the loopback interface alone: no name leads to such a URL. */
  readonly anyAddress?: boolean
}

/** A refusal: its status and why. */
export interface Refusal {
  readonly status: number
  readonly reason: string
}

/** A token that can be guessed is none. */
const TOKEN_CHARS = 16

export class Access {
  readonly #token: Uint8Array | undefined
  readonly #hosts: ReadonlySet<string>
  readonly #anyAddress: boolean

  /** @throws ML_RANGE for a token that is too short, or cannot stand in a header; for a host that is none */
  constructor({ token, hosts = [], anyAddress = false }: AccessOptions) {
    if (token !== undefined) checkToken(token)
    for (const host of hosts) checkHost(host)
    this.#token = token === undefined ? undefined : digest(token)
    this.#hosts = new Set(['localhost', ...hosts.map((host) => host.toLowerCase())])
    this.#anyAddress = anyAddress
  }

  /** Why a request is not answered; undefined: it is. */
  refusal(request: IncomingMessage, isOpen: boolean): Refusal | undefined {
    const { host, origin, authorization } = request.headers
    if (!this.#isOurs(host)) return { status: 403, reason: 'this server has another name' }
    if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
      return { status: 403, reason: 'pages of other sites may not ask' }
    }
    if (this.#token === undefined || isOpen || this.#hasToken(authorization)) return undefined
    return { status: 401, reason: 'the token is missing or wrong' }
  }

  #isOurs(host: string | undefined): boolean {
    const name = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@[\]]+))(?::\d{1,5})?$/i.exec(host ?? '')
    if (name === null) return false
    const address = name[1] ?? name[2]
    if (isIP(address) === 0) return name[1] === undefined && this.#hosts.has(address.toLowerCase())
    return isLoopback(address) || this.#anyAddress || this.#hosts.has(address.toLowerCase())
  }

  #hasToken(authorization: string | undefined): boolean {
    const given = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    // Digests have one length, and comparing them tells nothing of how far a guess was right.
    return given !== undefined && timingSafeEqual(digest(given), this.#token as Uint8Array)
  }
}

/** Whether only this machine reaches an address. */
export function isLoopback(address: string): boolean {
  return (
    address === '::1' || address.toLowerCase() === 'localhost' || (isIP(address) === 4 && address.startsWith('127.'))
  )
}

function digest(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}

function checkToken(token: string): void {
  if (token.length >= TOKEN_CHARS && /^[\x21-\x7e]+$/.test(token)) return
  throw new MillraceError('ML_RANGE', {
    what: `a token must be ${TOKEN_CHARS} or more characters of ASCII, without spaces`,
    where: 'the token of the HTTP server',
    remedy: 'Make one with "openssl rand -hex 32"',
  })
}

function checkHost(host: string): void {
  if (isIP(host) !== 0 || /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(host)) return
  throw new MillraceError('ML_RANGE', {
    what: 'a host is a name or an address, without scheme and port',
    got: host,
    where: 'the hosts of the HTTP server',
  })
}
