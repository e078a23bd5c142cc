/** Topics to topics, in one transaction for each checkpoint, while the broker is killed, too. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { createGunzip } from 'node:zlib'
import { Producer } from '@platformatic/kafka'
import { repository } from '../repository.mjs'
import { outcomeOf } from './outcome.mjs'
import { Random } from './random.mjs'

const { hasOpenTransaction, readKafkaTopic, startKafkaBroker } = await import(
  pathToFileURL(join(repository, 'dist/testing/index.js')).href
)

const SINKS = ['scores', 'outcomes', 'expired', 'long-haul']
const PARTITIONS = 3
const BATCH = 5000
/** Rows have the time of their flights, which by default is long past their retention. */
const KEPT = { 'retention.ms': '-1' }

export class KafkaSubject {
  pipeline = join(repository, 'test/kills/kafka-flights.ts')
  brokerKills = 0
  #broker
  #log
  /** Topics that were made. */
  #topics = new Set()

  /** Starts a broker with the flights in two topics. */
  static async start(data, log) {
    const broker = await startKafkaBroker({ note: log })
    try {
      for (const [topic, path] of Object.entries(data)) await fill(broker, topic, path)
      return new KafkaSubject(broker, log)
    } catch (error) {
      await broker.stop()
      throw error
    }
  }

  constructor(broker, log) {
    this.#broker = broker
    this.#log = log
  }

  async paramsOf(folder) {
    const out = nameOf(folder)
    for (const sink of SINKS) await this.#create(`${out}-${sink}`)
    return { brokers: this.#broker.brokers, out }
  }

  async outcomeOf(folder) {
    const outcome = await outcomeOf(folder)
    for (const sink of SINKS) {
      while (await this.#patiently(() => hasOpenTransaction(this.#broker.brokers, `${nameOf(folder)}-${sink}`))) {
        await delay(50)
      }
    }
    for (const [name, records] of await this.visible(folder)) {
      outcome.set(name, `${records.length} records ${digest(records.join('\n'))}`)
      // Names of records at which two runs differ first are worth more than digests.
      outcome.records ??= new Map()
      outcome.records.set(name, records)
    }
    return outcome
  }

  /** Committed records as texts, by sink and partition. */
  async visible(folder) {
    const found = new Map()
    for (const sink of SINKS) {
      for (const record of await this.#read(`${nameOf(folder)}-${sink}`)) {
        const { partition, timestamp, key, value, headers } = record
        const name = `${sink}/${partition}`
        if (!found.has(name)) found.set(name, [])
        found.get(name).push(JSON.stringify([timestamp, key, value, headers]))
      }
    }
    return found
  }

  /** At every moment readers see a beginning of what they will see in the end, and it never becomes less. */
  async check(folder, before, expected) {
    const visible = await this.visible(folder)
    for (const [name, records] of visible) {
      const whole = expected.records.get(name) ?? []
      const wrong = records.findIndex((record, i) => record !== whole[i])
      if (wrong >= 0) throw new Error(`record ${wrong} of ${name} is ${records[wrong]}, not ${whole[wrong]}`)
    }
    for (const [name, records] of before) {
      if ((visible.get(name)?.length ?? 0) < records.length)
        throw new Error(`records of ${name} were public and are gone`)
    }
  }

  /** Kills the broker at random moments, and starts it again. */
  async disturb(kills, seed, { isOver, isDue }) {
    const random = new Random(seed + 17)
    while (this.brokerKills < kills && !isOver()) {
      await delay(500 + random.below(4000))
      if (isOver()) return
      if (!isDue()) continue
      await this.#broker.kill9()
      await delay(random.below(1500))
      await this.#broker.restart()
      this.brokerKills++
    }
  }

  async close() {
    await this.#broker.stop()
  }

  /** One that died over the answer has the topic nevertheless. */
  async #create(topic) {
    let tried = false
    await this.#patiently(async () => {
      if (tried && (await this.#isThere(topic))) return
      tried = true
      await this.#broker.createTopic(topic, PARTITIONS, KEPT)
    })
    this.#topics.add(topic)
  }

  async #isThere(topic) {
    try {
      return (await readKafkaTopic(this.#broker.brokers, topic)).length === 0
    } catch {
      return false
    }
  }

  async #read(topic) {
    if (!this.#topics.has(topic)) return []
    return await this.#patiently(() => readKafkaTopic(this.#broker.brokers, topic))
  }

  /** The broker may be dead just now. */
  async #patiently(call) {
    for (let left = 200; ; left--) {
      try {
        return await call()
      } catch (error) {
        if (left === 0) throw error
        if (left === 199) this.#log(`waiting for the broker: ${error.message}`)
        await delay(300)
      }
    }
  }
}

/** Every row of a CSV file as JSON, by its flight in a partition. */
async function fill(broker, topic, path) {
  await broker.createTopic(topic, PARTITIONS)
  const producer = new Producer({ clientId: 'campaign', bootstrapBrokers: [broker.brokers] })
  const file = createReadStream(path)
  const lines = createInterface({ input: path.endsWith('.gz') ? file.pipe(createGunzip()) : file })
  let head
  let messages = []
  const send = async () => {
    if (messages.length > 0) await producer.send({ messages, acks: -1 })
    messages = []
  }
  let row = 0
  for await (const line of lines) {
    const cells = line.split(',')
    if (head === undefined) {
      head = cells
      continue
    }
    const value = Object.fromEntries(head.map((name, i) => [name, typed(name, cells[i])]))
    messages.push({ topic, partition: row++ % PARTITIONS, value: Buffer.from(JSON.stringify(value)) })
    if (messages.length === BATCH) await send()
  }
  await send()
  await producer.close()
}

function typed(name, text) {
  return name === 'distance' || name === 'arrivalDelay' ? Number(text) : text
}

function nameOf(folder) {
  return folder.split('/').at(-1)
}

function digest(text) {
  return createHash('sha256').update(text).digest('hex')
}
