import { isSecretName } from '../errors.ts'
import { resolveSecret } from '../storage/resolve-secret.ts'
import type { SecretText } from '../stream/secret.ts'

/**
 * The headers of requests, names in lower case, secrets read. A plain text under a name that tells of no secret is none: hiding it would take
 * words such as "json" out of every message.
 *
 * @throws ML_SECRET
 */
export async function headerTexts(
  headers: Readonly<Record<string, SecretText>>,
  base: string,
  where: string,
): Promise<Record<string, string>> {
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const isPlain = typeof value === 'string' && !isSecretName(name)
    texts[name.toLowerCase()] = isPlain ? value : await resolveSecret(value, base, `header ${name} of ${where}`)
  }
  return texts
}
