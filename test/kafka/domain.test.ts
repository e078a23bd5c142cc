// The deciding transaction domain against a real broker: what it commits is seen once and in order, what it does not is not,
// whatever becomes of connections, answers and transactions. Commands to the proxy are given at exact requests.
import * as client from '@platformatic/kafka'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Cluster } from '../../src/connectors/kafka/cluster.ts'
import { Outage } from '../../src/connectors/kafka/outage.ts'
import { KafkaSink } from '../../src/connectors/kafka/sink.ts'
import { initProducer } from '../../src/connectors/kafka/transactional-producer-id.ts'
import { Xoshiro128 } from '../../src/numeric/xoshiro128.ts'
import { readKafkaTopic } from '../../src/testing/read-kafka-topic.ts'
import { TcpProxy } from '../../src/testing/tcp-proxy.ts'
import { describeOnKafka } from './broker.ts'
import { byKey, CountedJob, contexts, expectedByKey } from './counted-job.ts'
import { write } from './reading.ts'

const [PRODUCE, END_TXN] = [0, 26]
/** The broker looks ten times a second for transactions that took too long, instead of every ten seconds. */
const properties = { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': 100 }
const options = { properties, advertisedPort: 0 }
let proxy: TcpProxy
let jobs = 0

beforeAll(async () => {
  proxy = await TcpProxy.start()
  options.advertisedPort = proxy.port
})
afterAll(() => proxy.close())

/** Gives a command before the next request of an API passes the proxy. */
function atRequest(apiKey: number, command: () => void): void {
  proxy.watch = (bytes, direction) => {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    for (let at = 0; direction === 'up' && at + 6 <= view.length; at += 4 + view.readInt32BE(at)) {
      if (view.readInt16BE(at + 4) !== apiKey) continue
      proxy.watch = undefined
      command()
      return
    }
  }
}

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: { code?: unknown }) => error.code,
  )

describeOnKafka('a Kafka transaction domain', options, (broker) => {
  const newJob = async (topics = 1, partitions = 1) => {
    const job = `job-${++jobs}`
    const names = Array.from({ length: topics }, (_, i) => `${job}-${i}`)
    for (const name of names) await broker().createTopic(name, partitions)
    proxy.target = broker().ports.proxied as number
    return { job, topics: names, brokers: broker().brokers }
  }
  const throughProxy = async () => ({ ...(await newJob()), brokers: `127.0.0.1:${proxy.port}` })
  const visible = async (topic: string) => byKey(await readKafkaTopic(broker().brokers, topic))
  /** The answer to a commit comes when it is decided; readers see it a moment later. */
  const seen = (topic: string, rows: number, topics = 1, index = 0) =>
    expect.poll(() => visible(topic), { timeout: 20_000 }).toBe(expectedByKey(rows, topics, index))

  test('rows of committed checkpoints are seen in order, others are not, over both transactional ids', async () => {
    const setup = await newJob()
    const [topic] = setup.topics
    const job = await CountedJob.start(setup)
    expect(job.recovered).toBeNull()
    for (let epoch = 1; epoch <= 5; epoch++) {
      job.write(7)
      const preparing = job.prepare()
      const cut = job.position
      job.write(3)
      await preparing
      expect(await visible(topic)).toBe(expectedByKey(epoch === 1 ? 0 : cut - 10))
      await job.domain.commit(epoch)
      await seen(topic, cut)
    }
    await job.domain.close()
    expect(await visible(topic)).toBe(expectedByKey(47))
    const next = await CountedJob.start(setup, job.positions)
    expect(next.recovered).toBe(5)
    await next.domain.close()
  })

  test('all sinks of a cluster share one transaction; a key stays in its partition', async () => {
    const setup = await newJob(3, 4)
    const job = await CountedJob.start(setup)
    for (let epoch = 1; epoch <= 3; epoch++) {
      job.write(50)
      await job.checkpoint()
    }
    for (const [i, topic] of setup.topics.entries()) await seen(topic, 150, 3, i)
    job.write(30)
    await job.prepare()
    // The process dies here.
    const next = await CountedJob.start(setup, job.positions)
    expect(next.recovered).toBe(3)
    for (const [i, topic] of setup.topics.entries()) expect(await visible(topic)).toBe(expectedByKey(150, 3, i))
    next.write(30)
    await next.checkpoint()
    for (const [i, topic] of setup.topics.entries()) await seen(topic, 180, 3, i)
    await next.domain.close()
    await job.domain.close()
  })

  test('what another job left open does not hide what was decided', async () => {
    const [other, setup] = [await newJob(), await newJob()]
    const dead = await CountedJob.start(other)
    dead.write(1)
    await dead.prepare()
    const job = await CountedJob.start(setup)
    for (let epoch = 1; epoch <= 3; epoch++) {
      job.write(2)
      await job.checkpoint()
    }
    job.write(2)
    await job.prepare()
    const next = await CountedJob.start(setup, job.positions)
    expect(next.recovered).toBe(3)
    for (const { domain } of [dead, job, next]) await domain.close()
  })

  test('a job finds its marker behind a thousand others', async () => {
    const setup = await newJob()
    const job = await CountedJob.start(setup)
    job.write(2)
    await job.checkpoint()
    const others = Array.from({ length: 1200 }, (_, i) => ({ key: `other ${i}`, value: '{"checkpoint":1}' }))
    await write(broker().brokers, '__millrace_checkpoints', others)
    const next = await CountedJob.start(setup, job.positions)
    expect(next.recovered).toBe(1)
    for (const { domain } of [job, next]) await domain.close()
  })

  test('fault 35: a process that was replaced is fenced when it commits, and when it writes', async () => {
    const setup = await newJob()
    const [prepared, writing] = [await CountedJob.start(setup), await CountedJob.start(setup)]
    // Starting the second fenced the first; both are zombies after the third.
    prepared.write(1)
    expect(await code(prepared.checkpoint())).toBe('ML_FENCED')
    writing.write(3)
    await writing.prepare()
    const third = await CountedJob.start(setup)
    expect(await code(writing.domain.commit(1))).toBe('ML_FENCED')
    writing.write(3)
    expect(await code(writing.domain.writer(`to ${setup.topics[0]}`).drain())).toBe('ML_FENCED')
    third.write(5)
    await third.checkpoint()
    await seen(setup.topics[0], 5)
    for (const job of [prepared, writing, third]) await job.domain.close()
  })

  test('fault 34: a transaction that outlived its timeout is told by its checkpoint and rows, and is written anew', async () => {
    const setup = { ...(await newJob()), sink: { transactionTimeoutMs: 1000 } }
    const job = await CountedJob.start(setup)
    job.write(4)
    await job.checkpoint()
    job.write(5)
    await job.prepare()
    await new Promise((resolve) => setTimeout(resolve, 2500))
    await expect(job.domain.commit(2)).rejects.toMatchObject({
      code: 'ML_TRANSACTION',
      errorClass: 'transient',
      message: expect.stringMatching(/checkpoint 2 \(rows 4 to 8 of sink "to job-\d+-0"\) was open for [23] s, longer/),
    })
    await job.domain.close()
    const next = await CountedJob.start(setup, job.positions)
    expect(next.recovered).toBe(1)
    next.write(5)
    await next.checkpoint()
    await seen(setup.topics[0], 9)
    await next.domain.close()
  })

  test('fault 32: a commit whose answer is lost is found to be done, and nothing comes twice', async () => {
    const setup = await throughProxy()
    const job = await CountedJob.start(setup)
    for (const rows of [3, 6]) {
      job.write(3)
      await job.prepare()
      atRequest(END_TXN, () => {
        proxy.stall('down')
        setTimeout(() => {
          proxy.cut()
          proxy.heal()
        }, 300)
      })
      await job.domain.commit(job.epoch)
      await seen(setup.topics[0], rows)
    }
    await job.domain.close()
  })

  test('a commit that never arrived is asked for again', async () => {
    const setup = await throughProxy()
    const job = await CountedJob.start(setup)
    job.write(3)
    await job.prepare()
    atRequest(END_TXN, () => proxy.cut())
    await job.domain.commit(1)
    await seen(setup.topics[0], 3)
    await job.domain.close()
  })

  test('where the process dies over a commit, recovery finds out whether it was done', async () => {
    const setup = await throughProxy()
    let rows = 0
    let positions = new Map<number, number>()
    for (const arrives of [true, false, false, true]) {
      const job = await CountedJob.start(setup, positions)
      job.write(4)
      await job.prepare()
      const dead = new Promise<void>((resolve) => {
        atRequest(END_TXN, () => {
          if (arrives) proxy.stall('down')
          else proxy.refuse()
          setTimeout(resolve, 300)
        })
      })
      const committing = job.domain.commit(job.epoch)
      committing.catch(() => {})
      await dead
      const closed = job.domain.close()
      proxy.refuse()
      expect(await code(committing)).toBe('ML_KAFKA')
      await closed
      proxy.heal()
      if (arrives) rows += 4
      const next = await CountedJob.start(setup, job.positions)
      expect(next.position).toBe(rows)
      await next.domain.close()
      await seen(setup.topics[0], rows)
      positions = job.positions
    }
  })

  test('fault 32: rows whose answer is lost are sent again under their numbers, and kept once', async () => {
    const setup = await throughProxy()
    const job = await CountedJob.start(setup)
    for (let epoch = 1; epoch <= 4; epoch++) {
      atRequest(PRODUCE, () => {
        if (epoch % 2 === 0) {
          proxy.cut()
          return
        }
        proxy.stall('down')
        setTimeout(() => {
          proxy.cut()
          proxy.heal()
        }, 200)
      })
      job.write(10)
      await job.checkpoint()
      await seen(setup.topics[0], 10 * epoch)
    }
    expect((await readKafkaTopic(broker().brokers, setup.topics[0], 0)).length).toBe(40)
    await job.domain.close()
  })

  test('through a hundred faults of the network in random order every row is there once', {
    timeout: 120_000,
  }, async () => {
    const setup = await throughProxy()
    const seed = Number(process.env.KAFKA_SEED ?? Date.now() % 1_000_000)
    const random = new Xoshiro128(seed)
    const job = await CountedJob.start(setup)
    let faults = 0
    const timer = setInterval(() => {
      faults++
      const luck = random.nextInt(6)
      if (luck === 0) proxy.cut()
      else if (luck === 1) proxy.stall('down')
      else if (luck === 2) proxy.stall('up')
      else if (luck === 3) proxy.delay(random.nextInt(30))
      else {
        if (luck === 4) proxy.refuse()
        else proxy.cut()
        proxy.heal()
      }
    }, 25)
    try {
      while (faults < 100) {
        job.write(1 + random.nextInt(40))
        await job.checkpoint()
      }
    } finally {
      clearInterval(timer)
      proxy.heal()
    }
    await seen(setup.topics[0], job.position)
    expect((await readKafkaTopic(broker().brokers, setup.topics[0], 0)).length, `KAFKA_SEED=${seed}`).toBe(job.position)
    await job.domain.close()
  })

  test('fault 33: while brokers cannot be reached rows wait, and go on by themselves', async () => {
    const setup = await throughProxy()
    const job = await CountedJob.start(setup)
    job.write(5)
    await job.checkpoint()
    proxy.refuse()
    job.write(200, 10_000)
    const writer = job.domain.writer(`to ${setup.topics[0]}`)
    const drained = writer.drain()
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(writer.pendingBytes).toBeGreaterThan(2_000_000)
    proxy.heal()
    await drained
    expect(writer.pendingBytes).toBe(0)
    await job.checkpoint()
    await seen(setup.topics[0], 205)
    await job.domain.close()
  })

  test('an outage longer than the timeout ends in an error that a restart mends', async () => {
    const setup = { ...(await throughProxy()), sink: { transactionTimeoutMs: 1500 } }
    const job = await CountedJob.start(setup)
    job.write(5)
    await job.checkpoint()
    proxy.refuse()
    job.write(5)
    await expect(job.prepare()).rejects.toMatchObject({ code: 'ML_KAFKA', errorClass: 'transient' })
    await job.domain.close()
    await expect(CountedJob.start(setup, job.positions)).rejects.toMatchObject({ code: 'ML_KAFKA' })
    proxy.heal()
    const next = await CountedJob.start(setup, job.positions)
    expect(next.recovered).toBe(1)
    next.write(5)
    await next.checkpoint()
    await seen(setup.topics[0], 10)
    await next.domain.close()
  })

  test('a checkpoint that was prepared and not committed stops the next', async () => {
    const setup = await newJob()
    const job = await CountedJob.start(setup)
    job.write(2)
    await job.prepare()
    job.write(2)
    expect(await code(job.prepare())).toBe('ML_TRANSACTION')
    await job.domain.close()
    const next = await CountedJob.start(setup, job.positions)
    expect(next.recovered).toBeNull()
    await next.domain.close()
    expect(await visible(setup.topics[0])).toBe(expectedByKey(0))
  })

  test('a topic that is not there is told before anything is written, with the nearest', async () => {
    const setup = await newJob()
    const [topic] = setup.topics
    await expect(CountedJob.start({ ...setup, topics: [topic, `${topic.slice(0, -1)}O`] })).rejects.toMatchObject({
      code: 'ML_NO_TOPIC',
      message: expect.stringContaining(`There is "${topic}"`),
    })
  })

  test('rows too large for their topic together go in smaller batches; one that is too large alone is named', async () => {
    const setup = await newJob()
    const [topic] = setup.topics
    await broker().createTopic(`${topic}-small`, 1, { 'max.message.bytes': '20000' })
    const job = await CountedJob.start({ ...setup, topics: [`${topic}-small`] })
    job.write(100, 3000)
    await job.checkpoint()
    await seen(`${topic}-small`, 100)
    job.write(10, 3000)
    job.write(1, 30_000)
    job.write(10, 3000)
    await expect(job.checkpoint()).rejects.toMatchObject({
      code: 'ML_SINK_ROW',
      errorClass: 'fatal',
      message: expect.stringMatching(/do not take row 110, 30\d\d\d bytes, of topic ".*-small": MESSAGE_TOO_LARGE/),
    })
    await job.domain.close()
    expect(await visible(`${topic}-small`)).toBe(expectedByKey(100))
  })

  test('sinks that do not agree on their transaction, and checkpoints that come too late for it, are refused', async () => {
    const setup = await newJob()
    const [one, two] = [3000, 4000].flatMap((ms) => contexts({ ...setup, sink: { transactionTimeoutMs: ms } }))
    expect(await code(new KafkaSink().openDomain([one, two]))).toBe('ML_RANGE')
    await expect(new KafkaSink().openDomain([{ ...one, checkpointMs: 3000 }])).rejects.toThrow(
      /^ML_RANGE: a transaction is aborted after 3000 ms, and checkpoints come every 3000 ms only/,
    )
  })

  test('a transactional id is taken over however often it was used before', async () => {
    const connection = { connectTimeout: 5000, requestTimeout: 20_000 }
    const cluster = new Cluster({ client, bootstrap: [broker().brokers], connection, clientId: 'test' })
    const outage = new Outage({ limitMs: 20_000, where: 'test', warn: () => {} })
    const epochs: number[] = []
    for (let i = 0; i < 4; i++) epochs.push((await initProducer(cluster, outage, 'again', 60_000)).epoch)
    expect(epochs).toEqual([0, 1, 2, 3])
    // What the client's own producer sends: an id and an epoch that are none.
    const { errorCode } = await cluster.toCoordinator('again', client.initProducerIdV4.api, 'again', 60_000, 0n, 0)
    expect(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED']).toContain(client.protocolErrorsCodesById[errorCode])
    await cluster.close()
  })
})
