/** Options of Kafka sources and sinks, checked when they are declared. */
import { isSecretReference, MillraceError } from '../../errors.ts'
import { nearestName } from '../../formats/nearest-name.ts'
import type { JsonObject } from '../../stage/json.ts'
import type { SecretText } from '../../stream/secret.ts'

/** How a cluster is reached. */
export interface KafkaConnection {
  /** Some of the cluster's brokers, each as `host:port`; the others are learned from them. */
  readonly brokers: string | readonly string[]
  /** True for TLS with the certificates that the system trusts. The broker's certificate and name are always checked. */
  readonly tls?: boolean | KafkaTls
  readonly sasl?: KafkaSasl
}

/** Files in PEM; relative paths count from the base folder of the run. */
export interface KafkaTls {
  /** Certificates of the authorities that signed the brokers', instead of those that the system trusts. */
  readonly ca?: string
  /** Certificate and private key of this client, where brokers ask for one. */
  readonly cert?: string
  readonly key?: string
  /** Of the private key: `secret({ env: 'NAME' })`. */
  readonly passphrase?: SecretText
}

export interface KafkaSasl {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly username: string
  /** `secret({ env: 'NAME' })` keeps it out of the plan. */
  readonly password: SecretText
}

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']
const DEFAULT_PORT = 9092

/** `host:port` each; the port is 9092 where none is given. */
export function brokersOf(brokers: unknown): string[] {
  const list = typeof brokers === 'string' ? brokers.split(',') : brokers
  if (!Array.isArray(list) || list.length === 0) {
    throw refusal('brokers must be a list of addresses, one or more', brokers, "Write brokers: ['localhost:9092']")
  }
  return list.map(addressOf)
}

function addressOf(address: unknown): string {
  const wrong = (what: string) => refusal(what, address, "Write an address as host:port, such as 'localhost:9092'")
  if (typeof address !== 'string') throw wrong('the address of a broker must be a text')
  const trimmed = address.trim()
  if (trimmed.includes('://') || trimmed.includes('@')) throw wrong('the address of a broker is no URL')
  const [, name, digits] = /^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+)(?::(\d{1,5}))?$/.exec(trimmed) ?? []
  if (name === undefined) throw wrong('this is no address of a broker')
  const port = digits === undefined ? DEFAULT_PORT : Number(digits)
  if (port < 1 || port > 65535) throw wrong('the port of a broker must be 1 to 65535')
  // Link-local addresses are where clouds answer anyone on the machine with its credentials.
  if (/^169\.254\.|^\[fe[89ab]/i.test(name)) throw wrong('a broker cannot be at a link-local address')
  return `${name}:${port}`
}

/** As the plan holds it. */
export function securityOf({ tls, sasl }: KafkaConnection): JsonObject {
  return {
    ...(tls !== undefined && tls !== false && { tls: tlsOf(tls) }),
    ...(sasl !== undefined && { sasl: saslOf(sasl) }),
  }
}

function tlsOf(tls: unknown): JsonObject {
  if (tls === true) return {}
  if (typeof tls !== 'object' || tls === null) throw refusal('tls must be true or { ca, cert, key, passphrase }', tls)
  const { passphrase, ...files } = tls as { [name: string]: unknown }
  for (const [name, path] of Object.entries(files)) {
    if (!['ca', 'cert', 'key'].includes(name)) {
      throw refusal(`tls has no option "${name}"`, undefined, 'There are ca, cert, key and passphrase')
    }
    if (/-----BEGIN/.test(String(path))) throw refusal(`${name} of tls must be the path of a file in PEM`, undefined)
    text(path, `${name} of tls`)
  }
  if ((files.cert === undefined) !== (files.key === undefined)) throw refusal('tls needs cert and key together', tls)
  return {
    ...(files as JsonObject),
    ...(passphrase !== undefined && { passphrase: secretOf(passphrase, 'passphrase') }),
  }
}

function saslOf(sasl: unknown): JsonObject {
  const { mechanism, username, password, ...rest } = (sasl ?? {}) as { [name: string]: unknown }
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) {
    throw refusal(`sasl has no option "${unknown}"`, undefined, 'There are mechanism, username and password')
  }
  return {
    mechanism: choice(mechanism, MECHANISMS, 'mechanism of sasl'),
    username: text(username, 'username of sasl'),
    password: secretOf(password, 'password of sasl'),
  }
}

function secretOf(value: unknown, name: string): JsonObject | string {
  if (isSecretReference(value) || (typeof value === 'string' && value !== '')) return value as JsonObject | string
  throw refusal(`${name} must be a text or a secret`, undefined, "Write secret({ env: 'KAFKA_PASSWORD' })")
}

/** Offsets by split, each a partition of one of the topics. */
export function offsetsOf(given: unknown, topics: readonly string[], option: string): { [split: string]: number } {
  const offsets = (given as { offsets?: unknown } | null)?.offsets
  const entries = typeof offsets === 'object' && offsets !== null ? Object.entries(offsets) : []
  if (entries.length === 0) {
    const remedy = `Write ${option}: { offsets: { '${topics[0]}/0': 123 } }`
    throw refusal(`${option} must be 'latest' or { offsets } with an offset for each split`, given, remedy)
  }
  for (const [split, offset] of entries) {
    const cut = split.lastIndexOf('/')
    if (!topics.includes(split.slice(0, cut)) || !/^(?:0|[1-9]\d{0,9})$/.test(split.slice(cut + 1))) {
      const near = nearestName(
        split,
        topics.map((topic) => `${topic}/0`),
      )
      const remedy = `Splits are named topic/partition${near === undefined ? '' : `, such as '${near}'`}`
      throw refusal(`offsets of ${option} name what is no partition of the topics`, split, remedy)
    }
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw refusal(`the offset of "${split}" in ${option} must be a whole number, 0 or more`, offset)
    }
  }
  return Object.fromEntries(entries)
}

export function topicName(name: unknown): string {
  if (typeof name === 'string' && /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..') return name
  throw refusal('a topic is named by letters, digits, ".", "_" and "-", at most 249', name)
}

export function text(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw refusal(`${name} must be a text that is not empty`, value)
}

export function choice<const T extends string>(value: unknown, choices: readonly T[], name: string): T {
  if (choices.includes(value as T)) return value as T
  const near = typeof value === 'string' ? nearestName(value, choices) : undefined
  throw refusal(`${name} must be ${choices.map((one) => `'${one}'`).join(' or ')}`, value, near && `Write '${near}'`)
}

export function refusal(what: string, got: unknown, remedy?: string): MillraceError {
  return new MillraceError('ML_RANGE', { what, got, where: 'millrace/kafka', remedy })
}
