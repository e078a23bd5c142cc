/**
 * Where connectors may connect to: a URL that came by a param must not make them read files, or ask the metadata service
 * of a cloud for its keys.
 */
import { type LookupAddress, type LookupOptions, lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { MillraceError } from '../errors.ts'

/**
 * A URL of one of these schemes, to an address that is not link-local.
 *
 * @param schemes such as `http:`
 * @throws ML_URL
 */
export function outgoingUrl(text: string, schemes: readonly string[], where: string, allowLinkLocal: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !schemes.includes(url.protocol)) {
    const what = url === undefined ? 'this is no URL' : `the scheme must be one of ${schemes.join(' ')}`
    throw new MillraceError('ML_URL', { what, got: url === undefined ? text : url.protocol, where })
  }
  refuseHost(url.hostname, where, allowLinkLocal)
  return url
}

/** @throws ML_URL for an address that is link-local, as it is written; names are looked at when they are resolved */
export function refuseHost(host: string, where: string, allowLinkLocal: boolean): void {
  if (!allowLinkLocal && isLinkLocal(host)) throw linkLocal(host, where)
}

/** How a URL may be shown: without user, password and query, which often hold a key. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`
}

/** Whether an address is of the range that belongs to one link: 169.254.0.0/16 and fe80::/10. */
export function isLinkLocal(address: string): boolean {
  const bare = address
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '')
    .toLowerCase()
  if (isIP(bare) === 4) return bare.startsWith('169.254.')
  if (isIP(bare) !== 6) return false
  // ::ffff:a9fe:a9fe is how a URL writes 169.254.169.254 as an address of the new kind.
  return /^fe[89ab]/.test(bare) || /^(?:::ffff:|64:ff9b::)(?:169\.254\.|a9fe:)/.test(bare)
}

/** A lookup of names that refuses those of a link-local address: for `net.connect` and `http.request`. */
export function guardedLookup(where: string, allowLinkLocal: boolean): LookupFunction {
  return (host, options: LookupOptions, done) => {
    lookup(host, options, (error, address: string | LookupAddress[], family) => {
      const found = typeof address === 'string' ? [address] : (address ?? []).map((each) => each.address)
      if (error === null && !allowLinkLocal && found.some(isLinkLocal)) {
        done(linkLocal(host, where) as NodeJS.ErrnoException, '', 0)
      } else done(error, address as string, family)
    })
  }
}

function linkLocal(host: string, where: string): MillraceError {
  return new MillraceError('ML_URL', {
    what: 'a link-local address is where clouds serve credentials, not where events come from or go to',
    got: host,
    where,
    remedy: 'Give allowLinkLocal: true if it is meant',
  })
}
