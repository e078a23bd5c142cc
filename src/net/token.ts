import { createHash, timingSafeEqual } from 'node:crypto'
import { MillraceError } from '../errors.ts'
import { resolveSecret } from '../storage/resolve-secret.ts'
import type { SecretText } from '../stream/secret.ts'

/** A token that can be guessed is none. */
const TOKEN_CHARS = 16

/**
 * The token of a server; undefined where it has none.
 *
 * @throws ML_SECRET; ML_RANGE for one that is too short, or cannot stand in a header
 */
export async function resolveToken(
  value: SecretText | undefined,
  base: string,
  where: string,
): Promise<string | undefined> {
  if (value === undefined) return undefined
  const token = await resolveSecret(value, base, `token of ${where}`)
  if (token.length >= TOKEN_CHARS && /^[\x21-\x7e]+$/.test(token)) return token
  throw new MillraceError('ML_RANGE', {
    what: `a token must be ${TOKEN_CHARS} or more characters of ASCII, without spaces`,
    where,
    remedy: 'Make one with "openssl rand -hex 32"',
  })
}

/** Compares a token in a time that tells nothing of it, its length included. */
export function sameToken(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
