/** What a Kafka broker for tests is told: its properties, users and certificates. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

/** A user of the SASL listeners, by PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. */
export interface KafkaUser {
  readonly username: string
  readonly password: string
}

/** Ports by listener, all on 127.0.0.1. */
export interface KafkaPorts {
  readonly plain: number
  readonly controller: number
  readonly tls?: number
  readonly sasl?: number
  readonly saslTls?: number
  readonly proxied?: number
  /** What the listener `proxied` tells clients instead of its own port. */
  readonly proxy?: number
}

const STORE_PASSWORD = 'of-a-test'
/** Listener names by port, with the protocol of each. */
const LISTENERS = [
  ['plain', 'PLAIN', 'PLAINTEXT'],
  ['tls', 'TLS', 'SSL'],
  ['sasl', 'AUTH', 'SASL_PLAINTEXT'],
  ['saslTls', 'AUTHTLS', 'SASL_SSL'],
  ['proxied', 'PROXIED', 'PLAINTEXT'],
] as const

/** The text of server.properties: one node, broker and controller; few internal partitions, so that it starts quickly. */
export function serverProperties(
  folder: string,
  ports: KafkaPorts,
  users: readonly KafkaUser[],
  extra: { readonly [name: string]: string | number | boolean },
): string {
  const used = LISTENERS.filter(([port]) => ports[port] !== undefined)
  const at = (name: string, port: number | undefined) => `${name}://127.0.0.1:${port}`
  const properties: { [name: string]: string | number | boolean } = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: [...used.map(([port, name]) => at(name, ports[port])), at('CONTROLLER', ports.controller)].join(),
    'advertised.listeners': used.map(([port, name]) => at(name, port === 'proxied' ? ports.proxy : ports[port])).join(),
    'inter.broker.listener.name': 'PLAIN',
    'listener.security.protocol.map': [
      'CONTROLLER:PLAINTEXT',
      ...used.map(([, name, protocol]) => `${name}:${protocol}`),
    ].join(),
    'log.dirs': join(folder, 'data'),
    'num.partitions': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'transaction.max.timeout.ms': 900_000,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'auto.create.topics.enable': false,
    // A broker that was killed may register again once its session is over.
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
    'log.cleaner.dedupe.buffer.size': 4 << 20,
    'num.network.threads': 2,
    'num.io.threads': 4,
    ...(ports.tls === undefined ? {} : tlsProperties(folder)),
    ...(ports.sasl === undefined ? {} : saslProperties(users)),
    ...extra,
  }
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

function tlsProperties(folder: string): { [name: string]: string } {
  return {
    'ssl.keystore.location': join(folder, 'broker.p12'),
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.password': STORE_PASSWORD,
    'ssl.key.password': STORE_PASSWORD,
  }
}

/** SCRAM passwords are stored when the data folder is formatted; those of PLAIN stand here. */
function saslProperties(users: readonly KafkaUser[]): { [name: string]: string } {
  const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule required'
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  const known = users.map(({ username, password }) => `user_${username}="${password}"`).join(' ')
  const names = ['auth', 'authtls'].map((name) => `listener.name.${name}`)
  return Object.fromEntries([
    ['sasl.enabled.mechanisms', 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512'],
    ...names.flatMap((name) => [
      [`${name}.plain.sasl.jaas.config`, `${plain} ${known};`],
      [`${name}.scram-sha-256.sasl.jaas.config`, scram],
      [`${name}.scram-sha-512.sasl.jaas.config`, scram],
    ]),
  ])
}

/** Arguments that make the storage tool keep the users' SCRAM secrets. */
export function scramArguments(users: readonly KafkaUser[]): string[] {
  return users.flatMap(({ username, password }) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${username},password=${password}]`,
    ]),
  )
}

/** Makes a key and a certificate of 127.0.0.1 and localhost that nobody has signed; returns it in PEM, for clients to trust. */
export async function makeCertificate(java: string, folder: string): Promise<string> {
  // Beside the java that was found; a link on the path leads to the keytool on the path.
  const beside = join(dirname(java), 'keytool')
  const keytool = (...args: string[]) => promisify(execFile)(existsSync(beside) ? beside : 'keytool', args)
  const store = ['-keystore', join(folder, 'broker.p12'), '-storetype', 'PKCS12', '-storepass', STORE_PASSWORD]
  const key = ['-genkeypair', '-alias', 'broker', '-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '30']
  await keytool(...key, '-dname', 'CN=localhost', '-ext', 'san=ip:127.0.0.1,dns:localhost', ...store)
  const file = join(folder, 'broker.pem')
  await keytool('-exportcert', '-rfc', '-alias', 'broker', '-file', file, ...store)
  return await readFile(file, 'utf8')
}
