// The deciding transaction domain against a real broker: what it commits is seen once and in order, what it does not is not.
import { expect, test } from 'vitest'
import { KafkaSink } from '../../src/connectors/kafka/sink.ts'
import type { JobContext } from '../../src/stream/ports.ts'
import { describeOnKafka } from './broker.ts'
import { frame, readTopic } from './topic-reader.ts'

let jobs = 0

describeOnKafka('a Kafka transaction domain', {}, (broker) => {
  const newJob = () => `job-${++jobs}`
  const context = (uid: string, topic: string, job: string, options = {}): JobContext => ({
    uid,
    base: '/',
    job,
    warn: () => {},
    options: {
      brokers: [broker().brokers],
      topic,
      guarantee: 'exactly-once',
      compression: 'none',
      transactionTimeoutMs: 60_000,
      markerTopic: '__millrace_checkpoints',
      ...options,
    },
  })
  const values = async (topic: string) => (await readTopic(broker().brokers, topic)).map(({ value }) => value)

  test('shows the rows of committed checkpoints, in order, and says which was the last', async () => {
    const job = newJob()
    await broker().createTopic(job)
    const sink = new KafkaSink()
    const domain = await sink.openDomain([context('out', job, job)])
    expect(await domain.recover()).toBeNull()
    const writer = domain.writer('out')
    for (let epoch = 1, ordinal = 0; epoch <= 5; epoch++) {
      writer.append(frame(ordinal, `row ${ordinal++}`))
      const preparing = domain.prepare(epoch)
      writer.append(frame(ordinal, `row ${ordinal++}`))
      await preparing
      expect((await values(job)).length).toBe(Math.max(0, 2 * epoch - 3))
      await domain.commit(epoch)
      // The answer to a commit comes when it is decided; brokers tell readers after that.
      await expect.poll(async () => (await values(job)).length).toBe(2 * epoch - 1)
    }
    await domain.close()
    expect(await values(job)).toEqual(Array.from({ length: 9 }, (_, i) => `row ${i}`))
    const next = await sink.openDomain([context('out', job, job)])
    expect(await next.recover()).toBe(5)
    await next.close()
  })
})
