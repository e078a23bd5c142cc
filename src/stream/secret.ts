/** `secret(...)`: a password or token by the place it is read from when the pipeline runs. A plan holds the place alone. */
import { isSecretReference, MillraceError, type SecretPlace, type SecretReference } from '../errors.ts'

/** A secret by its place: plain JSON, `{ "secret": { "env": "NAME" } }`. */
export type Secret = SecretReference

/** What a connector takes where it wants a secret: a text, or the place of one. */
export type SecretText = string | Secret

/**
 * A secret that is read when the pipeline runs, wherever a connector takes a password or token.
 *
 * `env` names an environment variable; where it is not set, the variable `<NAME>_FILE` names a file. `file` is a path,
 * relative to the base folder of the run; one line break at its end is not part of the secret. What was read is left out of
 * every error, log line, manifest, report and gauge.
 *
 * @throws ML_RANGE for a place that is none
 * @example kafka({ brokers, topic, sasl: { mechanism: 'plain', username: 'app', password: secret({ env: 'KAFKA_PASSWORD' }) } })
 */
export function secret(place: SecretPlace): Secret {
  const reference = { secret: { ...place } }
  const name = isSecretReference(reference) ? Object.values(reference.secret)[0] : ''
  if (name !== '' && !name.includes('\0') && !('env' in place && name.includes('='))) return reference
  throw new MillraceError('ML_RANGE', {
    what: 'a secret is given by the one place it is in',
    got: typeof place === 'string' ? 'a text' : place,
    where: 'secret',
    remedy: "Write secret({ env: 'NAME' }) or secret({ file: 'path' })",
  })
}
