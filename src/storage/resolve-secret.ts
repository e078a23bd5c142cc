/** Secrets: from the place that a plan names to their text, in the process that needs them. */
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { hideSecret, isSecretReference, MillraceError } from '../errors.ts'
import type { SecretText } from '../stream/secret.ts'
import { systemCode } from './storage-error.ts'

/** A key or token is far shorter; what is longer is another file. */
const MAX_BYTES = 64 << 10

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The text of a secret, which no error, log line or manifest shows from now on. A text is taken as it is.
 *
 * @param base folder against which a relative path counts
 * @param where whose secret it is, such as `password of sink "alarms"`
 * @throws ML_SECRET naming the variable or the file, never what it holds
 */
export async function resolveSecret(
  value: SecretText,
  base: string,
  where?: string,
  env: Environment = process.env,
): Promise<string> {
  const text = typeof value === 'string' ? value : await read(value, base, where, env)
  hideSecret(text)
  return text
}

async function read(value: unknown, base: string, where: string | undefined, env: Environment): Promise<string> {
  if (!isSecretReference(value)) {
    throw refusal('a secret is a text or secret({ env }) or secret({ file })', where, 'Write one of these')
  }
  if ('file' in value.secret) return await fromFile(resolve(base, value.secret.file), where)
  return await fromEnvironment(value.secret.env, base, where, env)
}

/**
 * The variable, or the file that `<name>_FILE` names.
 *
 * @throws ML_SECRET when neither is set, or both are
 */
async function fromEnvironment(
  name: string,
  base: string,
  where: string | undefined,
  env: Environment,
): Promise<string> {
  const [text, path] = [env[name], env[`${name}_FILE`]]
  if (text !== undefined && path !== undefined) {
    throw refusal(`the environment variables ${name} and ${name}_FILE are both set`, where, 'Unset one of them')
  }
  if (path !== undefined) return await fromFile(resolve(base, path), where)
  if (text === undefined) {
    throw refusal(`the environment variable ${name} is not set`, where, `Set it, or ${name}_FILE to the path of a file`)
  }
  if (text === '') throw refusal(`the environment variable ${name} is empty`, where, 'Set it to the secret')
  return text
}

/** A link is fine: it is how orchestrators mount secrets, to exchange them in one step. */
async function fromFile(path: string, where: string | undefined): Promise<string> {
  const bytes = await bytesOf(path, where)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw refusal(`the file ${path} of a secret is not text in UTF-8`, where, 'Put the secret there as text')
  }
  const line = text.replace(/\r?\n$/, '')
  if (line === '') throw refusal(`the file ${path} of a secret is empty`, where, 'Put the secret there')
  return line
}

async function bytesOf(path: string, where: string | undefined): Promise<Uint8Array> {
  let problem: string
  try {
    const found = await stat(path)
    if (found.isFile() && found.size <= MAX_BYTES) return await readFile(path)
    problem = found.isFile() ? `has more than ${MAX_BYTES} bytes` : 'is no file'
  } catch (error) {
    problem = `cannot be read (${systemCode(error) ?? 'unknown reason'})`
  }
  throw refusal(`the file ${path} of a secret ${problem}`, where, 'Put the secret there, readable for this process')
}

function refusal(what: string, where: string | undefined, remedy: string): MillraceError {
  return new MillraceError('ML_SECRET', { what, where, remedy })
}
