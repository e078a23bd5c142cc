/**
 * A Kafka cluster as a producer sees it: who leads a partition, who coordinates a transactional id, and calls to either.
 *
 * A call has one try. Its answer is the caller's to read, codes of errors included; where none came, it fails with
 * `NoAnswer`, and whether the broker did what it was asked stays open. Requests and answers are the client library's
 * (`@platformatic/kafka`, its protocol and connections); its producer is not used, for it numbers batches anew
 * when a send that may have arrived is given up.
 */
import type { API, Connection, ConnectionOptions } from '@platformatic/kafka'
import { errorText } from '../../errors.ts'

export type KafkaClient = typeof import('@platformatic/kafka')

/** The call may or may not have been carried out. */
export class NoAnswer extends Error {}

export interface Topic {
  readonly name: string
  /** The protocol's error code; 0: none. */
  readonly errorCode: number
  /** Node that leads each partition, by number; -1: none now. */
  readonly leaders: readonly number[]
}

export interface ClusterOptions {
  readonly client: KafkaClient
  /** `host:port` of some brokers. */
  readonly bootstrap: readonly string[]
  readonly connection: ConnectionOptions
  readonly clientId: string
}

interface Address {
  readonly host: string
  readonly port: number
}

/** Any node will do. */
const ANY = -1

export class Cluster {
  readonly client: KafkaClient
  readonly #options: ClusterOptions
  readonly #bootstrap: readonly Address[]
  readonly #connections = new Map<string, Promise<Connection>>()
  readonly #open = new Set<Connection>()
  readonly #leaders = new Map<string, readonly number[]>()
  readonly #coordinators = new Map<string, number>()
  #nodes = new Map<number, Address>()
  #closed = false

  constructor(options: ClusterOptions) {
    this.client = options.client
    this.#options = options
    this.#bootstrap = options.bootstrap.map(addressOf)
  }

  /** Asks for topics, all of them where no names are given, and learns who leads their partitions. */
  async topics(names: readonly string[] | null): Promise<readonly Topic[]> {
    const { api } = this.client.metadataV12
    const answer = await this.call(ANY, api, names === null ? null : [...names], false, false)
    this.#nodes = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
    return answer.topics.map(({ name, errorCode, partitions }) => {
      const leaders: number[] = []
      for (const partition of partitions) leaders[partition.partitionIndex] = partition.leaderId
      if (name !== null && name !== undefined && leaders.length > 0) this.#leaders.set(name, leaders)
      return { name: name ?? '', errorCode, leaders }
    })
  }

  /** The node that led a partition when it was last asked for; undefined: none. */
  leader(topic: string, partition: number): number | undefined {
    const node = this.#leaders.get(topic)?.[partition]
    return node === undefined || !this.#nodes.has(node) ? undefined : node
  }

  /** A call to the coordinator of a transactional id. An answer that says it is another one makes the next call look. */
  async toCoordinator<A extends unknown[], R>(transactionalId: string, api: API<A, R>, ...args: A): Promise<R> {
    let node = this.#coordinators.get(transactionalId)
    if (node === undefined) {
      const { api: find } = this.client.findCoordinatorV4
      const [found] = (await this.call(ANY, find, 1, [transactionalId])).coordinators
      if (found === undefined || found.errorCode !== 0)
        throw new NoAnswer('the transaction coordinator is not known now')
      node = found.nodeId
      this.#nodes.set(node, { host: found.host, port: found.port })
      this.#coordinators.set(transactionalId, node)
    }
    try {
      return await this.call(node, api, ...args)
    } catch (error) {
      this.forgetCoordinator(transactionalId)
      throw error
    }
  }

  forgetCoordinator(transactionalId: string): void {
    this.#coordinators.delete(transactionalId)
  }

  /**
   * One call to a node, to any where it is -1.
   *
   * @throws NoAnswer
   */
  async call<A extends unknown[], R>(node: number, api: API<A, R>, ...args: A): Promise<R> {
    const connection = await this.#connection(node)
    return await new Promise<R>((resolve, reject) => {
      const answered = (error: (Error & { response?: R }) | null, response?: R): void => {
        if (error === null || error === undefined) resolve(response as R)
        // An answer that holds codes of errors; they are the caller's affair.
        else if (error.response !== undefined) resolve(error.response)
        else {
          // A late answer to a call that was given up would be taken for that of another.
          this.#drop(connection)
          reject(new NoAnswer(reasonOf(error), { cause: error }))
        }
      }
      ;(api as unknown as (...all: unknown[]) => void)(connection, ...args, answered)
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#open].map((connection) => connection.close().catch(() => {})))
  }

  async #connection(node: number): Promise<Connection> {
    const known = node === ANY ? [...this.#nodes.values(), ...this.#bootstrap] : [this.#nodes.get(node)]
    let failure: unknown = new Error(`broker ${node} is not known`)
    for (const address of known) {
      if (address === undefined) continue
      if (this.#closed) break
      const name = `${address.host}:${address.port}`
      const connection = this.#connections.get(name) ?? this.#connect(name, address)
      try {
        return await connection
      } catch (error) {
        failure = error
      }
    }
    if (this.#closed) throw new NoAnswer('the connection was closed')
    throw new NoAnswer(reasonOf(failure), { cause: failure })
  }

  #connect(name: string, { host, port }: Address): Promise<Connection> {
    const { Connection } = this.client
    const connection = new Connection(this.#options.clientId, this.#options.connection)
    // Failures come to whoever is calling; without a listener they would end the process.
    connection.on('error', () => this.#forget(name, connected))
    connection.on('close', () => {
      this.#open.delete(connection)
      this.#forget(name, connected)
    })
    const connected = (connection.connect(host, port) as Promise<void>).then(
      () => {
        this.#open.add(connection)
        if (this.#closed) this.#drop(connection)
        return connection
      },
      (error: unknown) => {
        this.#forget(name, connected)
        this.#drop(connection)
        throw error
      },
    )
    this.#connections.set(name, connected)
    return connected
  }

  #forget(name: string, connected: Promise<Connection>): void {
    if (this.#connections.get(name) === connected) this.#connections.delete(name)
  }

  #drop(connection: Connection): void {
    this.#open.delete(connection)
    connection.socket?.destroy()
  }
}

/** What an error says and what has caused it: the library's own says which connection failed, its cause why. */
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: unknown } | null)?.cause
  const text = errorText(error)
    .replace(/^Error: /, '')
    .replace(/\.$/, '')
  return cause === undefined ? text : `${text}: ${reasonOf(cause)}`
}

function addressOf(address: string): Address {
  const cut = address.lastIndexOf(':')
  return { host: address.slice(0, cut).replace(/^\[|\]$/g, ''), port: Number(address.slice(cut + 1)) }
}
