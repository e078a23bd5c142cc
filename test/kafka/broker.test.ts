import { existsSync } from 'node:fs'
import { Admin, Producer } from '@platformatic/kafka'
import { expect, test } from 'vitest'
import { describeOnKafka } from './broker.ts'

const users = [{ username: 'mill', password: 'wheel-7' }]

describeOnKafka('a Kafka broker for tests', { tls: true, users }, (broker) => {
  test('has topics of its own, and keeps them over a kill and a restart', async () => {
    await broker().createTopic('kept', 3, { 'cleanup.policy': 'compact' })
    const before = broker().pid
    await broker().kill9()
    await broker().restart()
    expect(broker().pid).not.toBe(before)
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker().brokers] })
    const { topics } = await admin.metadata({ topics: ['kept'] })
    expect(topics.get('kept')?.partitionsCount).toBe(3)
    await admin.close()
    expect(existsSync(broker().folder)).toBe(true)
  })

  test.each([
    ['tls', undefined],
    ['sasl', 'PLAIN'],
    ['sasl', 'SCRAM-SHA-256'],
    ['saslTls', 'SCRAM-SHA-512'],
  ] as const)('takes records over its listener %s by %s', async (listener, mechanism) => {
    const port = broker().ports[listener]
    const topic = `over-${listener}-${mechanism}`
    await broker().createTopic(topic)
    const producer = new Producer({
      clientId: 'test',
      bootstrapBrokers: [`127.0.0.1:${port}`],
      ...(listener !== 'sasl' && { tls: { ca: broker().ca } }),
      ...(mechanism && { sasl: { mechanism, ...users[0] } }),
    })
    const sent = await producer.send({ messages: [{ topic, value: Buffer.from('x') }] })
    expect(sent.offsets?.[0].offset).toBe(0n)
    await producer.close()
  })
})
