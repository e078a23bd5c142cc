/**
 * Who may ask: by the name they reached us under, by the page that asks, by their token.
 *
 * A page of another site can make a browser connect to an address of its own that leads here, even to the loopback
 * interface; the browser then says so in `Host` or `Origin`. So only names that are known to be ours are answered.
 */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { MillraceError } from '../errors.ts'
import { isLoopback } from '../net/listen.ts'
import { checkedToken, sameToken } from '../net/token.ts'

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

export class Access {
  readonly #token: string | undefined
  readonly #hosts: ReadonlySet<string>
  readonly #anyAddress: boolean

  /** @throws ML_RANGE for a token that is too short, or cannot stand in a header; for a host that is none */
  constructor({ token, hosts = [], anyAddress = false }: AccessOptions) {
    for (const host of hosts) checkHost(host)
    this.#token = token === undefined ? undefined : checkedToken(token, 'the token of the HTTP server')
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
    return given !== undefined && sameToken(given, this.#token as string)
  }
}

function checkHost(host: string): void {
  if (isIP(host) !== 0 || /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(host)) return
  throw new MillraceError('ML_RANGE', {
    what: 'a host is a name or an address, without scheme and port',
    got: host,
    where: 'the hosts of the HTTP server',
  })
}
