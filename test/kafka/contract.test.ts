// The contract suite of sources, over a topic of two partitions.
import { integer, record } from 'millrace'
import { kafka } from 'millrace/kafka'
import { sourceSuite } from 'millrace/testing'
import { test } from 'vitest'
import { KafkaSource } from '../../src/connectors/kafka/source.ts'
import { describeOnKafka } from './broker.ts'
import { write } from './reading.ts'

const Row = record({ n: integer() })

describeOnKafka('the contract of sources', {}, (broker) => {
  let topics = 0
  const message = (n: number) => ({ value: `{"n":${n}}`, partition: n % 2 })
  const checks = sourceSuite({
    name: 'a topic',
    unit: 'message',
    create: () => new KafkaSource(),
    context: async () => {
      const topic = `contract-${topics++}`
      await broker().createTopic(topic, 2)
      await write(
        broker().brokers,
        topic,
        Array.from({ length: 120 }, (_, n) => message(n)),
      )
      const { options } = kafka({ brokers: broker().brokers, topic }, Row)
      return { uid: 'source', options, base: '/', job: 'contracts', warn: () => {} }
    },
    grow: ({ options: { topics: [topic] = [] } }: { options: { topics?: readonly unknown[] } }) =>
      write(broker().brokers, String(topic), [message(121)]),
  })
  for (const { title, skip, run } of checks) {
    test.skipIf(skip !== undefined)(skip === undefined ? title : `${title} (${skip})`, () => run(), 60_000)
  }
})
