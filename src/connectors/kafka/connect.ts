/** From a declaration's options to connections: the client library, certificates, passwords. */
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import type { ConnectionOptions } from '@platformatic/kafka'
import { MillraceError } from '../../errors.ts'
import { resolveSecret } from '../../storage/resolve-secret.ts'
import type { ConnectorContext, JsonObject } from '../../stream/ports.ts'
import type { SecretText } from '../../stream/secret.ts'
import { Cluster, type KafkaClient } from './cluster.ts'

const CONNECT_TIMEOUT_MS = 5000
/** A broker that takes longer than this is taken for gone. */
const REQUEST_TIMEOUT_MS = 20_000

/** @throws ML_NO_CLIENT where the library is not installed */
export async function loadClient(where: string): Promise<KafkaClient> {
  try {
    return await import('@platformatic/kafka')
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new MillraceError('ML_NO_CLIENT', {
      what: 'Kafka needs the package @platformatic/kafka, which is not installed',
      where,
      remedy: 'Run npm i @platformatic/kafka@1',
      cause: error,
    })
  }
}

/**
 * A cluster with the options of a source or sink, not yet connected.
 *
 * @param where whose connections they are, such as `source "payments"`
 * @throws ML_NO_CLIENT, ML_SECRET, ML_NO_FILE
 */
export async function clusterOf(
  { options, base }: ConnectorContext,
  where: string,
  clientId: string,
): Promise<Cluster> {
  const client = await loadClient(where)
  const { brokers, tls, sasl } = options as { brokers: readonly string[]; tls?: JsonObject; sasl?: JsonObject }
  const connection: ConnectionOptions = {
    connectTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    ...(tls !== undefined && { tls: await tlsOptions(tls, base, where) }),
    // The name that certificates are asked for; an address of numbers has none.
    ...(tls !== undefined && brokers.every((broker) => isIP(hostOf(broker)) === 0) && { tlsServerName: true }),
    ...(sasl !== undefined && { sasl: await saslOptions(sasl, base, where) }),
  }
  return new Cluster({ client, bootstrap: brokers, connection, clientId })
}

async function tlsOptions(
  tls: JsonObject,
  base: string,
  where: string,
): Promise<NonNullable<ConnectionOptions['tls']>> {
  const read = async (name: 'ca' | 'cert' | 'key') =>
    tls[name] === undefined ? {} : { [name]: await pem(resolve(base, tls[name] as string), `${name} of ${where}`) }
  const passphrase = tls.passphrase as SecretText | undefined
  return {
    ...(await read('ca')),
    ...(await read('cert')),
    ...(await read('key')),
    ...(passphrase !== undefined && { passphrase: await resolveSecret(passphrase, base, `passphrase of ${where}`) }),
  }
}

async function pem(path: string, where: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new MillraceError('ML_NO_FILE', {
      what: 'a file in PEM cannot be read',
      got: (error as { code?: unknown }).code,
      where: `${path} (${where})`,
      remedy: 'Relative paths count from the base folder',
      cause: error,
    })
  }
}

async function saslOptions(sasl: JsonObject, base: string, where: string): Promise<ConnectionOptions['sasl']> {
  const { mechanism, username, password } = sasl as { [name: string]: string }
  const text = await resolveSecret(password as SecretText, base, `password of ${where}`)
  return { mechanism: mechanism as 'PLAIN', username, password: text }
}

function hostOf(broker: string): string {
  return broker.slice(0, broker.lastIndexOf(':')).replace(/^\[|\]$/g, '')
}

/** What a connection was refused for, which trying again does not mend; undefined: it may be mended by itself. */
export function refusalOf(error: unknown, where: string): MillraceError | undefined {
  const chain = causes(error)
  const auth = chain.find(({ code }) => code === 'PLT_KFK_AUTHENTICATION')
  if (auth !== undefined) {
    const said = chain.map(({ serverErrorMessage }) => serverErrorMessage).find((text) => typeof text === 'string')
    return refused(
      `the broker refuses this user: ${said ?? auth.message}`,
      where,
      error,
      'Check the mechanism, the user name and the password',
    )
  }
  const tls = chain.find(({ code }) => typeof code === 'string' && TLS_CODES.test(code))
  if (tls === undefined) return undefined
  const remedy = /CERT|VERIFY|SIGNED/.test(String(tls.code))
    ? 'Name the certificate of the authority that signed it: tls: { ca }'
    : 'Does the broker speak TLS at this port'
  return refused(`the connection by TLS failed: ${tls.message}`, where, error, remedy)
}

const TLS_CODES = /CERT|UNABLE_TO_VERIFY|SELF_SIGNED|^ERR_(?:TLS|SSL|OSSL)|^EPROTO$/

interface Failure {
  readonly code?: unknown
  readonly message?: string
  readonly cause?: unknown
  readonly errors?: readonly unknown[]
  readonly serverErrorMessage?: unknown
}

function causes(error: unknown): Failure[] {
  if (typeof error !== 'object' || error === null) return []
  const failure = error as Failure
  return [failure, ...causes(failure.cause), ...(failure.errors ?? []).flatMap(causes)]
}

function refused(what: string, where: string, cause: unknown, remedy: string): MillraceError {
  return new MillraceError('ML_KAFKA_REFUSED', { what: what.replace(/\.$/, ''), where, remedy, cause })
}
