/**
 * `startKafkaBroker`: a real Kafka broker on this machine, for tests, benches and examples; it needs a JDK 17 and, the first
 * time, Maven. One node, broker and controller, with data, configuration and log in a folder of its own.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cachedJars } from '../java/jars.ts'
import { freePort } from '../java/port.ts'
import { javaCommand } from '../java/tool.ts'
import { type KafkaPorts, type KafkaUser, makeCertificate, scramArguments, serverProperties } from './kafka-settings.ts'

const pom = fileURLToPath(new URL('../../kafka/broker/pom.xml', import.meta.url))

export interface KafkaBrokerOptions {
  /** Folder for data, configuration and log; made new in the system's folder for temporary files, and removed by `stop`, where absent. */
  readonly folder?: string
  /** Port of the plain listener; default: a free one. */
  readonly port?: number
  /** Lines of server.properties beside ours, or instead of them. */
  readonly properties?: { readonly [name: string]: string | number | boolean }
  /** A TLS listener too, with a certificate of its own (`ca`). */
  readonly tls?: boolean
  /** Users of SASL listeners (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512), one without TLS and, with `tls`, one over it. */
  readonly users?: readonly KafkaUser[]
  /** Another plain listener, which tells its clients that the broker is at this port of 127.0.0.1: that of a proxy. */
  readonly advertisedPort?: number
  /** Heap in MiB (default 512). */
  readonly heapMb?: number
  /** Told what takes a while. */
  readonly note?: (message: string) => void
}

export interface KafkaBroker {
  /** Bootstrap address of the plain listener: `127.0.0.1:PORT`. */
  readonly brokers: string
  readonly port: number
  readonly ports: KafkaPorts
  /** The certificate that clients of the TLS listeners trust, in PEM. */
  readonly ca: string | undefined
  readonly folder: string
  /** Of the process that runs now. */
  readonly pid: number
  createTopic(name: string, partitions?: number, config?: { readonly [name: string]: string }): Promise<void>
  /** Ends the process without a word, as a power cut does, except that the page cache stays. */
  kill9(): Promise<void>
  /** Asks it to end, and waits. Data stays for `restart`. */
  shutDown(): Promise<void>
  /** Starts it again with the same ports and data, after `shutDown` where it runs. */
  restart(): Promise<void>
  /** Ends it for good, and removes the folder that was made for it. */
  stop(): Promise<void>
}

/** Three seconds are usual; a machine under load takes more. */
const START_MS = 120_000
const LOOK_MS = 50
const GRACE_MS = 20_000

/**
 * Resolves once the broker answers.
 *
 * @throws ML_JAVA_TOOL without Java or Maven; an error with the end of its log when it does not come up
 */
export async function startKafkaBroker(options: KafkaBrokerOptions = {}): Promise<KafkaBroker> {
  const java = await javaCommand()
  const jars = await cachedJars({ product: 'Kafka', pom }, options.note ?? (() => {}))
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'millrace-kafka-'))
  mkdirSync(folder, { recursive: true })
  const { users = [], tls = false } = options
  const ports: KafkaPorts = {
    plain: options.port ?? (await freePort()),
    controller: await freePort(),
    ...(tls && { tls: await freePort() }),
    ...(users.length > 0 && { sasl: await freePort(), ...(tls && { saslTls: await freePort() }) }),
    ...(options.advertisedPort !== undefined && { proxied: await freePort(), proxy: options.advertisedPort }),
  }
  const ca = tls ? await makeCertificate(java, folder) : undefined
  writeFileSync(join(folder, 'server.properties'), serverProperties(folder, ports, users, options.properties ?? {}))
  const broker = new LocalBroker(java, jars, folder, ports, ca, options)
  try {
    await broker.format(users)
    await broker.start()
  } catch (error) {
    await broker.stop()
    throw error
  }
  return broker
}

class LocalBroker implements KafkaBroker {
  readonly #java: string
  readonly #classPath: string
  readonly #options: KafkaBrokerOptions
  readonly folder: string
  readonly ports: KafkaPorts
  readonly ca: string | undefined
  #child: ChildProcess | undefined
  /** A test that ends without `stop` leaves no broker behind. */
  readonly #onExit = () => this.#child?.kill('SIGKILL')

  constructor(
    java: string,
    jars: string,
    folder: string,
    ports: KafkaPorts,
    ca: string | undefined,
    options: KafkaBrokerOptions,
  ) {
    this.#java = java
    this.#classPath = join(jars, '*')
    this.folder = folder
    this.ports = ports
    this.ca = ca
    this.#options = options
    process.once('exit', this.#onExit)
  }

  get port(): number {
    return this.ports.plain
  }

  get brokers(): string {
    return `127.0.0.1:${this.ports.plain}`
  }

  get pid(): number {
    return this.#child?.pid ?? Number.NaN
  }

  async format(users: readonly KafkaUser[]): Promise<void> {
    if (existsSync(join(this.folder, 'data', 'meta.properties'))) return
    const id = randomBytes(16).toString('base64url').replace(/^-/, 'A')
    const tool = ['-XX:TieredStopAtLevel=1', '-cp', this.#classPath, 'kafka.tools.StorageTool', 'format', '-t', id]
    const args = [...tool, '-c', join(this.folder, 'server.properties'), ...scramArguments(users)]
    await promisify(execFile)(this.#java, args, { cwd: this.folder })
  }

  async start(): Promise<void> {
    const log = openSync(join(this.folder, 'broker.log'), 'a')
    const heap = `-Xmx${this.#options.heapMb ?? 512}m`
    const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'
    const args = [heap, '-XX:+UseSerialGC', quiet, '-cp', this.#classPath, 'kafka.Kafka', 'server.properties']
    const child = spawn(this.#java, args, { cwd: this.folder, stdio: ['ignore', log, log] })
    closeSync(log)
    this.#child = child
    const until = performance.now() + START_MS
    while (!(await this.#answers())) {
      if (child.exitCode !== null || child.signalCode !== null) throw this.#failure('ended while it was starting')
      if (performance.now() > until) throw this.#failure(`did not answer within ${START_MS / 1000} s`)
      await delay(LOOK_MS)
    }
  }

  async createTopic(name: string, partitions = 1, config: { readonly [name: string]: string } = {}): Promise<void> {
    const { Admin } = await import('@platformatic/kafka')
    const admin = new Admin({ clientId: 'millrace-testing', bootstrapBrokers: [this.brokers] })
    try {
      const configs = Object.entries(config).map(([key, value]) => ({ name: key, value }))
      await admin.createTopics({ topics: [name], partitions, replicas: 1, configs })
      while (!(await this.#hasLeaders(admin, name))) await delay(LOOK_MS)
    } finally {
      await admin.close()
    }
  }

  async kill9(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async shutDown(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async restart(): Promise<void> {
    await this.shutDown()
    await this.start()
  }

  async stop(): Promise<void> {
    process.removeListener('exit', this.#onExit)
    await this.shutDown()
    if (this.#options.folder === undefined) rmSync(this.folder, { recursive: true, force: true })
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    // A broker that no longer finds its controller does not end by itself.
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
    await gone
    clearTimeout(timer)
  }

  /** It accepts connections before it knows itself; then it names no broker. */
  async #answers(): Promise<boolean> {
    const { Admin } = await import('@platformatic/kafka')
    const admin = new Admin({ clientId: 'millrace-testing', bootstrapBrokers: [this.brokers], retries: 0 })
    try {
      return (await admin.metadata({ topics: [] })).brokers.size > 0
    } catch {
      return false
    } finally {
      await admin.close()
    }
  }

  async #hasLeaders(admin: import('@platformatic/kafka').Admin, topic: string): Promise<boolean> {
    try {
      const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true })
      return topics.get(topic)?.partitions.every(({ leader }) => leader >= 0) === true
    } catch {
      return false
    }
  }

  #failure(what: string): Error {
    const log = readFileSync(join(this.folder, 'broker.log'), 'utf8')
    return new Error(`the Kafka broker ${what}:\n${log.split('\n').slice(-20).join('\n')}`)
  }
}
