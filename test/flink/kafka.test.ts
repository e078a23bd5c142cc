// A pipeline from Kafka to Kafka on a real Flink cluster: the records that files give on the embedded engine, whatever is killed.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Admin, Producer } from '@platformatic/kafka'
import { type KafkaBroker, startKafkaBroker } from 'millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { evaluateBundle } from '../../src/bundle/evaluate.ts'
import { cachedJars } from '../../src/java/jars.ts'
import { Xoshiro128 } from '../../src/numeric/xoshiro128.ts'
import { startCluster } from '../../src/runtime/flink/cluster/start-cluster.ts'
import { followJob } from '../../src/runtime/flink/follow-job.ts'
import { FlinkRest } from '../../src/runtime/flink/rest.ts'
import { stopJob } from '../../src/runtime/flink/stop-job.ts'
import { submitJob } from '../../src/runtime/flink/submit.ts'
import type { JsonObject } from '../../src/stage/json.ts'
import { runEmbedded } from '../../src/testing/embedded-run.ts'
import { type FlinkRun, flinkBundle, rowsOf, runOnFlink } from '../../src/testing/flink-run.ts'
import type { RunResult } from '../../src/testing/run-result.ts'
import { describeOnFlink } from './cluster.ts'

const reader = fileURLToPath(new URL('ReadCommitted.java', import.meta.url))
const pom = fileURLToPath(new URL('../../kafka/broker/pom.xml', import.meta.url))
const pipelineFile = fileURLToPath(new URL('pipelines/visits.ts', import.meta.url))
const shape = { taskManagers: 2, slots: 2 }
const PARTITIONS = 3
const RECORDS = 30_000
/** Jobs that are each hit by a kill of both task managers, and every other one by a kill of the broker: 20 and 5; many by `KILL_ROUNDS=100`. */
const KILL_ROUNDS = Number(process.env.KILL_ROUNDS ?? 10)
/** Sinks by uid: whether their rows have a key. */
const SINKS = { learned: true, late: false, refused: false }

describeOnFlink('from Kafka to Kafka', shape, (cluster, home) => {
  const base = mkdtempSync(join(tmpdir(), 'millrace-visits-'))
  let broker: KafkaBroker
  let expected: RunResult
  let bundle: Awaited<ReturnType<typeof flinkBundle>>

  beforeAll(async () => {
    broker = await startKafkaBroker()
    bundle = await flinkBundle(pipelineFile)
    mkdirSync(join(base, 'visits'))
    const lines = visits(RECORDS)
    for (const [partition, of] of lines.entries()) {
      writeFileSync(join(base, `visits/${partition}.jsonl`), of.map((line) => `${line}\n`).join(''))
    }
    expected = await runEmbedded(bundle, { base })
  }, 300_000)
  afterAll(async () => {
    await broker?.stop()
    rmSync(base, { recursive: true, force: true })
  }, 60_000)

  const createTopics = async (prefix: string): Promise<void> => {
    await broker.createTopic(`${prefix}-visits`, PARTITIONS)
    // The records bear their event times, of years ago: retention would take them within a minute.
    const keep = { 'retention.ms': '-1' }
    for (const name of Object.keys(SINKS)) await broker.createTopic(`${prefix}-${name}`, 2, keep)
  }

  const submit = (rest: FlinkRest, given: JsonObject): Promise<string> => {
    const params = { brokers: broker.brokers, ...given }
    const { plan } = evaluateBundle(bundle).pipeline.program(params)
    return submitJob(rest, { bundle, plan, params, base, checkpointEveryMs: 300, state: `state-${given.prefix}` })
  }

  /** A run with topics of its own. One that is disturbed ends in any case afterwards: its last records come then. */
  const run = async (
    prefix: string,
    parallelism: readonly number[],
    disturb?: (rest: FlinkRest, job: string, nth: number, feed: Feed) => Promise<void>,
  ): Promise<FlinkRun> => {
    await createTopics(prefix)
    const lines = visits(RECORDS)
    const feed = new Feed(broker.brokers, `${prefix}-visits`, lines)
    const disturbed = async (rest: FlinkRest, job: string, nth: number): Promise<void> => {
      feed.go()
      await disturb?.(rest, job, nth, feed)
      await feed.rest()
    }
    const until = { offsets: Object.fromEntries(lines.map(({ length }, i) => [`${prefix}-visits/${i}`, length])) }
    const params = { brokers: broker.brokers, prefix, until }
    return runOnFlink(cluster().url, bundle, { params, parallelism, disturb: disturbed, checkpointEveryMs: 300 })
  }

  /** What readers of committed records see is what the files gave, record by record and in their order. */
  const expectSame = async (prefix: string, result: FlinkRun): Promise<void> => {
    const topics = Object.keys(SINKS).map((uid) => `${prefix}-${uid}`)
    const read = await committed(broker.brokers, topics)
    for (const [uid, keyed] of Object.entries(SINKS)) {
      const rows = rowsOf(expected, uid).trimEnd().split('\n')
      expect(rows.length).toBeGreaterThan(20)
      const got = read.filter(({ topic }) => topic === `${prefix}-${uid}`)
      expect(got).toHaveLength(rows.length)
      const placeOf = new Map(got.map(({ key, partition }) => [key, partition]))
      const partitionOf = (row: string, i: number) => (keyed ? placeOf.get(JSON.parse(row).input.shop) : i % 2)
      for (const partition of [0, 1]) {
        const values = got.filter((one) => one.partition === partition).map(({ value }) => value)
        expect(values).toEqual(rows.filter((row, i) => partitionOf(row, i) === partition))
      }
    }
    expect(result.ledgers).toEqual(expected.ledgers)
  }

  test.each([1, 2])('come the same records at parallelism %i', { timeout: 120_000 }, async (parallelism) => {
    const prefix = `p${parallelism}`
    await expectSame(prefix, await run(prefix, [parallelism]))
  })

  const killed = { timeout: 240_000 * KILL_ROUNDS }
  test('come the same records after kills of task managers and of the broker', killed, async () => {
    for (let round = 0; round < KILL_ROUNDS; round++) {
      const prefix = `killed${round}`
      const result = await run(prefix, [2], async (rest, job, _nth, feed) => {
        await newCheckpoint(rest, job)
        const restored = async () => (await rest.checkpoints(job)).counts.restored
        await pause(round === 0 ? 0 : Math.random() * 500)
        for (const pid of (await startCluster({ home, ...shape })).pids.taskManagers) process.kill(pid, 'SIGKILL')
        await startCluster({ home, ...shape })
        await until(rest, job, async () => (await restored()) > 0)
        if (round % 2 === 1) return
        await newCheckpoint(rest, job)
        await pause(round === 0 ? 0 : Math.random() * 500)
        await feed.pause()
        await broker.kill9()
        await broker.restart()
      })
      await expectSame(prefix, result)
    }
  })

  test('come the same records from a savepoint at another parallelism', { timeout: 240_000 }, async () => {
    const result = await run('moved', [2, 1], async (rest, job, nth) => {
      if (nth === 1) return
      await newCheckpoint(rest, job)
      await stopJob(rest, job)
    })
    expect(result.ends.map(({ end }) => end)).toEqual(['stopped', 'finished'])
    await expectSame('moved', result)
  })

  test('go on beside a partition that is idle; the group shows how far', {
    timeout: 120_000,
  }, async () => {
    await createTopics('idle')
    const [first, second] = visits(3000)
    await produce(broker.brokers, 'idle-visits', [first, second])
    const admin = new Admin({ clientId: 'visits', bootstrapBrokers: [broker.brokers] })
    const rest = new FlinkRest(cluster().url)
    const job = await submit(rest, { prefix: 'idle', endless: true })
    try {
      // Nothing could leave while the third partition held the watermark back.
      const learned = async () => (await ends(admin, 'idle-learned')).reduce((sum, end) => sum + end, 0)
      await expect.poll(learned, { timeout: 60_000, interval: 200 }).toBeGreaterThan(1500)
      const shown = async () => {
        const [group] = await admin.listConsumerGroupOffsets({ groups: ['idle'] })
        const partitions = group.topics.flatMap((topic) => topic.partitions)
        partitions.sort((a, b) => a.partitionIndex - b.partitionIndex)
        return partitions.map(({ committedOffset }) => Number(committedOffset))
      }
      await expect.poll(shown, { timeout: 30_000, interval: 200 }).toEqual([first.length, second.length, 0])
    } finally {
      await admin.close()
      await rest.cancel(job)
    }
  })

  test('end with the gap named where the topic no longer keeps an offset', { timeout: 120_000 }, async () => {
    await createTopics('lost')
    await produce(broker.brokers, 'lost-visits', visits(300))
    const admin = new Admin({ clientId: 'visits', bootstrapBrokers: [broker.brokers] })
    await admin.deleteRecords({ topics: [{ name: 'lost-visits', partitions: [{ partition: 0, offset: 40n }] }] })
    await admin.close()
    const rest = new FlinkRest(cluster().url)
    const { end, reason } = await followJob(rest, await submit(rest, { prefix: 'lost', start: 7 }), { everyMs: 100 })
    expect(end).toBe('failed')
    expect(reason).toMatch(/ML_OFFSET_LOST: the topic no longer keeps offsets 7 to 39; where .*split "lost-visits\/0"/)
  })

  test('lines come by TCP and go by TCP', { timeout: 120_000 }, async () => {
    const readings = Array.from({ length: 3000 }, (_unused, i) => ({ sensor: `s${i % 7}`, value: i }))
    const from = createServer((socket) => socket.end(readings.map((one) => `${JSON.stringify(one)}\n`).join('')))
    let received = ''
    const to = createServer((socket) => socket.setEncoding('utf8').on('data', (text) => (received += text)))
    const [fromPort, toPort] = await Promise.all([from, to].map(listening))
    const lines = await flinkBundle(fileURLToPath(new URL('pipelines/lines.ts', import.meta.url)))
    const { ledgers } = await runOnFlink(cluster().url, lines, { params: { from: fromPort, to: toPort } })
    for (const server of [from, to]) server.close()
    expect(ledgers.sources).toEqual({ readings: { in: 3000, processed: 3000, rejected: 0, late: 0 } })
    const doubled = readings.map(({ sensor, value }) => ({ sensor, double: 2 * value }))
    expect(jsonLines(received)).toEqual(doubled)
  })
})

/** Values by partition: some are late, some no records. */
function visits(count: number): string[][] {
  const random = new Xoshiro128(7)
  const lines: string[][] = Array.from({ length: PARTITIONS }, () => [])
  for (let i = 0; i < count; i++) {
    const behind = random.nextInt(100) === 0 ? 20_000 : random.nextInt(2000)
    const at = 1_600_000_000_000 + 2000 * i - behind
    const amount = random.nextInt(10_000) / 100
    const visit = { id: `v${i}`, shop: `shop ${random.nextInt(40)}`, amount, paid: amount > 50, at }
    const line = JSON.stringify({ ...visit, at: new Date(at).toISOString() })
    lines[random.nextInt(PARTITIONS)].push(i % 211 === 0 ? line.slice(0, -9) : line)
  }
  return lines
}

async function produce(brokers: string, topic: string, lines: readonly (readonly string[])[]): Promise<void> {
  const producer = new Producer({ clientId: 'visits', bootstrapBrokers: [brokers] })
  try {
    for (const [partition, values] of lines.entries()) {
      for (let from = 0; from < values.length; from += 500) {
        const some = values.slice(from, from + 500)
        await producer.send({ messages: some.map((value) => ({ topic, partition, value: Buffer.from(value) })) })
      }
    }
  } finally {
    await producer.close()
  }
}

/** Records that come to a topic a part of what is left at a time, so that they last, until the rest comes at once. */
class Feed {
  readonly #brokers: string
  readonly #topic: string
  readonly #lines: readonly (readonly string[])[]
  readonly #sent: number[]
  #goes = false
  #going: Promise<void> = Promise.resolve()

  constructor(brokers: string, topic: string, lines: readonly (readonly string[])[]) {
    this.#brokers = brokers
    this.#topic = topic
    this.#lines = lines
    this.#sent = lines.map(() => 0)
  }

  go(): void {
    this.#goes = true
    this.#going = this.#feed()
  }

  /** Resolves once nothing is on its way: a broker that dies cannot make it come twice. */
  async pause(): Promise<void> {
    this.#goes = false
    await this.#going
  }

  async rest(): Promise<void> {
    await this.pause()
    await this.#send(1)
  }

  async #feed(): Promise<void> {
    while (this.#goes) {
      await this.#send(1 / 300)
      await pause(50)
    }
  }

  async #send(part: number): Promise<void> {
    const ends = this.#lines.map(({ length }, i) => this.#sent[i] + Math.floor((length - this.#sent[i]) * part))
    const next = this.#lines.map((values, i) => values.slice(this.#sent[i], ends[i]))
    await produce(this.#brokers, this.#topic, next)
    for (const [i, end] of ends.entries()) this.#sent[i] = end
  }
}

/** Where the partitions of a topic end, as far as it is committed. */
async function ends(admin: Admin, topic: string): Promise<number[]> {
  const partitions = [0, 1].map((partitionIndex) => ({ partitionIndex, timestamp: -1n }))
  const [{ partitions: found }] = await admin.listOffsets({ topics: [{ name: topic, partitions }], isolationLevel: 1 })
  return found.map(({ offset }) => Number(offset))
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))
}

interface Committed {
  readonly topic: string
  readonly partition: number
  readonly key: string | null
  readonly value: string
}

/** What Kafka's own consumer reads of topics that is committed, in the order of each partition. */
async function committed(brokers: string, topics: readonly string[]): Promise<Committed[]> {
  const jars = await cachedJars({ product: 'Kafka', pom }, () => {})
  const args = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', join(jars, '*'), reader, brokers, ...topics]
  const { stdout } = await promisify(execFile)('java', args, { maxBuffer: 1 << 28 })
  return jsonLines(stdout) as Committed[]
}

function jsonLines(text: string): unknown[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** Resolves once the job has made two checkpoints from now: records were processed meanwhile. */
async function newCheckpoint(rest: FlinkRest, job: string): Promise<void> {
  const count = async () => (await rest.checkpoints(job)).counts.completed
  const before = await count()
  await until(rest, job, async () => (await count()) >= before + 2)
}

/** Resolves once something holds of a job that has not ended. */
async function until(rest: FlinkRest, job: string, holds: () => Promise<boolean>): Promise<void> {
  for (;;) {
    // A JobManager that is busy with a failure may not answer at once.
    if (await holds().catch(() => false)) return
    if ((await rest.state(job)) === 'FINISHED') throw new Error('the job came to its end before it could be disturbed')
    await pause(50)
  }
}
