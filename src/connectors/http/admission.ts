import type { IncomingMessage } from 'node:http'
import { isLoopback } from '../../net/listen.ts'
import { sameToken } from '../../net/token.ts'
import { Refusal } from './refusal.ts'

export interface AdmissionOptions {
  readonly host: string
  readonly path: string
  readonly hosts: readonly string[]
}

/**
 * Who may send, and where: judged by the head of a request, in an order that tells a stranger nothing.
 *
 * A page that makes a browser post here is refused by its `Origin`, one that let its own name point here by its `Host`.
 */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #token: string | undefined

  constructor(options: AdmissionOptions, token: string | undefined) {
    this.#options = options
    this.#token = token
  }

  /** @throws Refusal: 403, 400, 401, 404 or 405 */
  admit({ headers, url = '', method }: IncomingMessage): void {
    if (headers.origin !== undefined) throw new Refusal(403, 'pages may not send records')
    if (!this.#isHost(headers.host ?? '')) throw new Refusal(403, 'this host name is not served here')
    if (/[%\\]|\.\./.test(url)) throw new Refusal(400, 'the path is written in a way that is not taken')
    if (this.#token !== undefined) {
      const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
      if (given === undefined || !sameToken(given, this.#token))
        throw new Refusal(401, 'a token is needed', { 'www-authenticate': 'Bearer' })
    }
    if (url !== this.#options.path) throw new Refusal(404, 'there is nothing at this path')
    if (method !== 'POST') throw new Refusal(405, 'records are sent by POST', { allow: 'POST' })
  }

  #isHost(host: string): boolean {
    const name = host.replace(/:\d+$/, '').toLowerCase()
    if (this.#options.hosts.includes(name)) return true
    return isLoopback(this.#options.host) ? isLoopback(name) : this.#options.hosts.length === 0
  }
}
