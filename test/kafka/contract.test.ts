// The contract suite of sources over Kafka, with partitions that end and with partitions that do not.
import type { KafkaSourceOptions } from 'millrace/kafka'
import { sourceSuite } from 'millrace/testing'
import { test } from 'vitest'
import { KafkaSource } from '../../src/connectors/kafka/source.ts'
import { describeOnKafka } from './broker.ts'
import { contextOf, write } from './reading.ts'

describeOnKafka('a Kafka source keeps the contract of sources', {}, (broker) => {
  const made = new Set<string>()
  const sent = Array.from({ length: 40 }, (_unused, i) => ({ value: `value ${i}`, key: `k${i}`, partition: i % 2 }))

  const subject = (topic: string, options: Partial<KafkaSourceOptions>) => ({
    unit: 'message' as const,
    create: () => new KafkaSource(),
    async context() {
      const { brokers } = broker()
      if (!made.has(topic)) {
        made.add(topic)
        await broker().createTopic(topic, 2)
        await write(brokers, topic, sent)
      }
      return contextOf({ brokers, topic, ...options })
    },
  })
  const suites = [
    sourceSuite({
      name: 'partitions that end',
      ...subject('ends', { until: 'latest' }),
      neverShort: 'what lies behind its end it does not ask for',
    }),
    sourceSuite({
      name: 'partitions that do not end',
      ...subject('endless', { group: 'suite' }),
      grow: () => write(broker().brokers, 'endless', [{ value: 'more', partition: 1 }]),
    }),
  ]
  for (const { title, skip, run } of suites.flat()) {
    test.skipIf(skip !== undefined)(skip === undefined ? title : `${title} (${skip})`, () => run())
  }
})
