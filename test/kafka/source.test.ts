import { Producer } from '@platformatic/kafka'
import { expect, test } from 'vitest'
import { describeOnKafka } from './broker.ts'
import { outgoing, readAll, readMessages, textOf, withSource, write } from './reading.ts'

describeOnKafka('a Kafka source', {}, (broker) => {
  const at = () => ({ brokers: broker().brokers })

  test('reads keys, values, headers and timestamps of all partitions, each in its order', async () => {
    await broker().createTopic('plain', 2)
    await write(broker().brokers, 'plain', [
      { value: 'a', key: 'k', timestamp: 1_700_000_000_000n, headers: { from: 'here', ñ: '' } },
      { value: null, key: 'gone', partition: 1 },
      { value: 'b' },
    ])
    const found = await readAll({ ...at(), topic: 'plain', until: 'latest' })
    expect([...found.keys()]).toEqual(['plain/0', 'plain/1'])
    const [a, b] = found.get('plain/0') ?? []
    expect([a.offset, b.offset]).toEqual([0, 1])
    expect([textOf(a), textOf(b)]).toEqual(['a', 'b'])
    expect(Buffer.from(a.key as Uint8Array).toString()).toBe('k')
    expect(a.timestamp).toBe(1_700_000_000_000)
    expect(b.timestamp).toBeGreaterThan(1_700_000_000_000)
    expect(a.headers.map(({ name, value }) => [name, Buffer.from(value as Uint8Array).toString()])).toEqual([
      ['from', 'here'],
      ['ñ', ''],
    ])
    expect(b.key).toBe(null)
    expect(found.get('plain/1')?.map(({ value }) => value)).toEqual([null])
  })

  test.each(['gzip', 'snappy', 'lz4'] as const)(
    'reads what was compressed by %s, here and by the broker',
    async (codec) => {
      const texts = Array.from({ length: 500 }, (_unused, i) => `${i} ${'word '.repeat(i % 40)}`)
      await broker().createTopic(`ours-${codec}`)
      await broker().createTopic(`theirs-${codec}`, 1, { 'compression.type': codec })
      await write(broker().brokers, `ours-${codec}`, texts, { compression: codec })
      await write(broker().brokers, `theirs-${codec}`, texts)
      for (const topic of [`ours-${codec}`, `theirs-${codec}`]) {
        const found = await readAll({ ...at(), topic, until: 'latest' })
        expect(found.get(`${topic}/0`)?.map(textOf)).toEqual(texts)
      }
    },
  )

  test('passes over transactions that were aborted, and their markers', async () => {
    await broker().createTopic('transactions')
    const producer = new Producer({
      clientId: 'test',
      bootstrapBrokers: [broker().brokers],
      idempotent: true,
      transactionalId: 'tx',
      producerId: -1n,
      producerEpoch: -1,
    })
    for (let i = 0; i < 6; i++) {
      const transaction = await producer.beginTransaction()
      await transaction.send({ messages: [0, 1].map((j) => outgoing('transactions', `${i}-${j}`)) })
      if (i % 2 === 0) await transaction.abort()
      else await transaction.commit()
    }
    await producer.close()
    const committed = ['1-0', '1-1', '3-0', '3-1', '5-0', '5-1']
    const found = await readAll({ ...at(), topic: 'transactions', until: 'latest' })
    expect(found.get('transactions/0')?.map(textOf)).toEqual(committed)
    const all = await readAll({ ...at(), topic: 'transactions', until: 'latest', isolation: 'read_uncommitted' })
    expect(all.get('transactions/0')).toHaveLength(12)
    await withSource({ ...at(), topic: 'transactions', until: 'latest' }, async (source, context, [split]) => {
      expect(split).toEqual({ id: 'transactions/0', start: 0, end: 18 })
      for (let from = 0; from <= 18; from++) {
        const reader = await source.open(context, split, from)
        const rest = await readMessages(reader)
        expect(rest.map(textOf)).toEqual(committed.slice(-rest.length || committed.length))
        expect(rest.every(({ offset }) => offset >= from)).toBe(true)
        expect(rest.length).toBe((found.get('transactions/0') ?? []).filter(({ offset }) => offset >= from).length)
        await reader.close()
      }
    })
  })
})
