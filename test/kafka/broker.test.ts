import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Admin } from '@platformatic/kafka'
import { expect, test } from 'vitest'
import { describeOnKafka } from './broker.ts'
import { readAll, textOf, write } from './reading.ts'

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
  ] as const)('takes and gives records over its listener %s by %s', async (listener, mechanism) => {
    const brokers = `127.0.0.1:${broker().ports[listener]}`
    const topic = `over-${listener}-${mechanism}`
    const sasl = mechanism && { sasl: { mechanism, ...users[0] } }
    await broker().createTopic(topic)
    const tls = listener !== 'sasl'
    await write(brokers, topic, ['x'], { ...(tls && { tls: { ca: broker().ca } }), ...sasl })
    writeFileSync(join(broker().folder, 'trusted.pem'), broker().ca ?? '')
    const options = { ...(tls && { tls: { ca: join(broker().folder, 'trusted.pem') } }), ...sasl }
    const found = await readAll({ brokers, topic, until: 'latest', ...options })
    expect(found.get(`${topic}/0`)?.map(textOf)).toEqual(['x'])
  })

  const plain = () => ({ brokers: `127.0.0.1:${broker().ports.sasl}`, topic: 'any', until: 'latest' as const })
  const overTls = () => ({ brokers: `127.0.0.1:${broker().ports.tls}`, topic: 'any', until: 'latest' as const })

  test.each(['PLAIN', 'SCRAM-SHA-512'] as const)(
    'refuses a wrong password by %s, which no error shows',
    async (mechanism) => {
      const reading = readAll({ ...plain(), sasl: { mechanism, username: 'mill', password: 'wheel-8' } })
      await expect(reading).rejects.toThrow(
        /^ML_KAFKA_REFUSED: the broker refuses this user: .* at source "in"\. Check the mechanism, the user name and the password\.$/,
      )
      await expect(reading).rejects.toThrow(/^(?!.*wheel-8)/s)
      await expect(reading).rejects.toMatchObject({ errorClass: 'fatal' })
    },
  )

  test('is not trusted without its certificate', async () => {
    await expect(readAll({ ...overTls(), tls: true })).rejects.toThrow(
      /^ML_KAFKA_REFUSED: the connection by TLS failed: .*Name the certificate of the authority/,
    )
  })
})
