import { setTimeout as delay } from 'node:timers/promises'
import { Admin, Consumer, MessagesStreamModes, Producer } from '@platformatic/kafka'
import { record, string } from 'millrace'
import { expect, test } from 'vitest'
import { KafkaSource } from '../../src/connectors/kafka/source.ts'
import { messagesDecoder } from '../../src/formats/messages.ts'
import { describeOnKafka } from './broker.ts'
import { contextOf, outgoing, readAll, readMessages, textOf, withSource, write } from './reading.ts'

/** Cleaning is done at once, where a topic wants it. */
const properties = { 'log.cleaner.backoff.ms': 100, 'log.initial.task.delay.ms': 100 }

describeOnKafka('a Kafka source', { properties }, (broker) => {
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

  test('goes on behind the markers of transactions when the topic has forgotten them', async () => {
    await broker().createTopic('forgotten')
    const producer = new Producer({
      clientId: 'test',
      bootstrapBrokers: [broker().brokers],
      idempotent: true,
      transactionalId: 'forgotten',
      producerId: -1n,
      producerEpoch: -1,
    })
    const transaction = await producer.beginTransaction()
    await transaction.send({ messages: [outgoing('forgotten', 'a')] })
    await transaction.commit()
    await producer.close()
    await withSource({ ...at(), topic: 'forgotten' }, async (source, context, [split]) => {
      const decoder = messagesDecoder(record({ text: string() }), { value: { name: 'raw', field: 'text' } }, split.id)
      const reader = await source.open(context, split, 0)
      while (decoder.consumed < 2) {
        decoder.push((await reader.read()) as Uint8Array)
        while (decoder.next()) expect(decoder.record).toEqual({ text: 'a' })
      }
      expect(decoder.state()).toEqual({ consumed: 2, row: 1, header: null })
      await reader.close()
      const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker().brokers] })
      await admin.deleteRecords({ topics: [{ name: 'forgotten', partitions: [{ partition: 0, offset: 2n }] }] })
      await admin.close()
      const next = await source.open(context, split, decoder.consumed)
      const reading = readMessages(next, 1)
      await write(broker().brokers, 'forgotten', ['b'])
      expect((await reading).map(textOf)).toEqual(['b'])
      await next.close()
    })
  })

  test('begins and ends where it is told', async () => {
    await broker().createTopic('bounds', 2)
    const sent = [0, 1, 2, 3, 4].map((i) => ({ value: String(i), timestamp: BigInt(1000 * i), partition: i % 2 }))
    await write(broker().brokers, 'bounds', sent)
    const read = async (options: object) =>
      Object.fromEntries(
        [...(await readAll({ ...at(), topic: 'bounds', until: 'latest', ...options }))].map(([split, messages]) => [
          split,
          messages.map(textOf).join(''),
        ]),
      )
    expect(await read({})).toEqual({ 'bounds/0': '024', 'bounds/1': '13' })
    expect(await read({ start: 'latest' })).toEqual({ 'bounds/0': '', 'bounds/1': '' })
    expect(await read({ start: { timestamp: 2000 } })).toEqual({ 'bounds/0': '24', 'bounds/1': '3' })
    expect(await read({ start: { timestamp: 4000 } })).toEqual({ 'bounds/0': '4', 'bounds/1': '' })
    expect(await read({ start: { offsets: { 'bounds/0': 2 } } })).toEqual({ 'bounds/0': '4', 'bounds/1': '13' })
    expect(await read({ until: { offsets: { 'bounds/0': 2, 'bounds/1': 0 } } })).toEqual({
      'bounds/0': '02',
      'bounds/1': '',
    })
    await expect(read({ until: { offsets: { 'bounds/0': 2 } } })).rejects.toThrow(
      /^ML_RANGE: offsets of until leave out the partition "bounds\/1"/,
    )
    await expect(read({ start: { offsets: { 'bounds/0': 99 } }, until: undefined })).rejects.toThrow(
      /^ML_SOURCE_CHANGED: the checkpoint stands at offset 99 of partition bounds\/0, which now ends at 3/,
    )
  })

  test('goes on at every offset of a topic that was compacted, and ends behind what is gone', async () => {
    await broker().createTopic('compacted', 1, {
      'cleanup.policy': 'compact',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.01',
    })
    const rounds = [0, 1, 2].flatMap((round) => ['a', 'b', 'c', 'd'].map((key) => ({ key, value: `${key}${round}` })))
    const topic = 'compacted'
    for (const sent of rounds) await write(broker().brokers, topic, [sent])
    const read = async () => (await readAll({ ...at(), topic, until: 'latest' })).get('compacted/0') ?? []
    // A segment is rolled by the next record that comes when it is old enough.
    for (let n = 0; (await read()).length > 6; n++) {
      await delay(150)
      await write(broker().brokers, topic, [{ key: 'a', value: `a${n + 3}` }])
    }
    const whole = await read()
    await withSource({ ...at(), topic, until: 'latest' }, async (source, context, [split]) => {
      const end = split.end as number
      for (let from = split.start as number; from <= end; from++) {
        const reader = await source.open(context, split, from)
        const rest = (await readMessages(reader)).map(({ offset }) => offset)
        expect(rest).toEqual(whole.map(({ offset }) => offset).filter((offset) => offset >= from))
        await reader.close()
      }
      // Whatever is gone, a split that ends at an offset in the middle ends there.
      for (const until of [1, 3, 5, 7]) {
        const reader = await source.open(context, { ...split, end: until }, 0)
        const offsets = (await readMessages(reader)).map(({ offset }) => offset)
        expect(offsets).toEqual(whole.map(({ offset }) => offset).filter((offset) => offset < until))
        await reader.close()
      }
    })
  })

  test('names the records that the topic no longer keeps, and never goes on without them (fault 8)', async () => {
    await broker().createTopic('expired')
    await write(broker().brokers, 'expired', ['a', 'b', 'c', 'd'])
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker().brokers] })
    await admin.deleteRecords({ topics: [{ name: 'expired', partitions: [{ partition: 0, offset: 3n }] }] })
    await admin.close()
    await withSource({ ...at(), topic: 'expired' }, async (source, context, splits) => {
      expect(splits).toEqual([{ id: 'expired/0', start: 3 }])
      const reader = await source.open(context, splits[0], 1)
      await expect(reader.read()).rejects.toThrow(
        /^ML_OFFSET_LOST: the records of partition expired\/0 from offset 1 to 2 are gone.* at source "in"/,
      )
      await expect(reader.read()).rejects.toMatchObject({ code: 'ML_OFFSET_LOST', errorClass: 'fatal' })
      await reader.close()
      const next = await source.open(context, splits[0], 3)
      expect((await readMessages(next, 1)).map(textOf)).toEqual(['d'])
      await next.close()
    })
  })

  test('waits for records without counting as behind, and says how far behind it is', async () => {
    await broker().createTopic('waiting', 2)
    await write(broker().brokers, 'waiting', ['a'])
    await withSource({ ...at(), topic: 'waiting' }, async (source, context, splits) => {
      const [busy, silent] = await Promise.all(splits.map((split) => source.open(context, split, 0)))
      expect(busy.caughtUp).toBe(false)
      const nothing = silent.read()
      expect((await readMessages(busy, 1)).map(textOf)).toEqual(['a'])
      await expect.poll(() => [busy.caughtUp, silent.caughtUp, busy.lag, silent.lag]).toEqual([true, true, 0, 0])
      const next = busy.read()
      await write(broker().brokers, 'waiting', ['b'])
      expect((await next)?.length).toBeGreaterThan(0)
      await silent.close()
      expect(await nothing).toBe(null)
      const pending = busy.read()
      await busy.close()
      expect(await pending).toBe(null)
    })
  })

  test('finds partitions that were added, and reads them from their first record', async () => {
    await broker().createTopic('growing', 1)
    await write(broker().brokers, 'growing', ['before'])
    const options = { ...at(), topic: 'growing', start: 'latest' as const }
    await withSource(options, async (source, context, splits) => {
      expect(splits).toEqual([{ id: 'growing/0', start: 1 }])
      const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker().brokers] })
      await admin.createPartitions({ topics: [{ name: 'growing', count: 2, assignments: [{ brokerIds: [1] }] }] })
      await admin.close()
      await write(broker().brokers, 'growing', [{ value: 'added', partition: 1 }])
      const found = await source.splits(context, new Map([['growing/0', { offset: 1, finished: false }]]))
      expect(found).toEqual([
        { id: 'growing/0', start: 1 },
        { id: 'growing/1', start: 0 },
      ])
      const reader = await source.open(context, found[1], 0)
      expect((await readMessages(reader, 1)).map(textOf)).toEqual(['added'])
      await reader.close()
    })
    // A job that starts again before its first checkpoint begins where it began, not at what is the latest by then.
    const again = new KafkaSource()
    const first = await again.splits(contextOf(options), new Map())
    await again.close(contextOf(options))
    await write(broker().brokers, 'growing', ['meanwhile'])
    expect(await again.splits(contextOf(options), new Map())).toEqual(first)
    await again.close(contextOf(options))
    // A run that begins at a checkpoint which does not know them reads them, too.
    await withSource(
      options,
      async (_source, _context, splits) => expect(splits).toEqual([{ id: 'growing/0' }, { id: 'growing/1', start: 0 }]),
      new Map([['growing/0', { offset: 1, finished: false }]]),
    )
  })

  test('says which topic there may have been meant', async () => {
    await broker().createTopic('payments')
    const source = new KafkaSource()
    const context = contextOf({ ...at(), topic: 'paymets' })
    await expect(source.splits(context)).rejects.toThrow(
      /^ML_NO_TOPIC: there is no topic "paymets" at source "in"\. Did you mean payments\.$/,
    )
    await source.close(context)
  })

  test('shows how far it is as offsets of a group', async () => {
    await broker().createTopic('shown')
    const options = { ...at(), topic: 'shown', group: 'watched', until: 'latest' as const }
    await write(broker().brokers, 'shown', ['a', 'b', 'c'])
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: [broker().brokers] })
    const committed = async () => {
      const [group] = await admin.listConsumerGroupOffsets({
        groups: [{ groupId: 'watched', topics: [{ name: 'shown', partitionIndexes: [0] }] }],
      })
      return group.topics[0].partitions[0].committedOffset
    }
    await withSource(options, async (source, context, [split]) => {
      const reader = await source.open(context, split, 0)
      await readMessages(reader)
      await source.covered(context, new Map([['shown/0', 2]]))
      expect(await committed()).toBe(2n)
      await source.covered(context, new Map([['shown/0', 3]]))
      expect(await committed()).toBe(3n)
      await reader.close()
    })
    await admin.close()
  })

  test('loses nothing to a consumer that joins its group (fault 11)', async () => {
    await broker().createTopic('shared', 2)
    const texts = Array.from({ length: 200 }, (_unused, i) => String(i))
    const consumer = new Consumer({ clientId: 'other', groupId: 'both', bootstrapBrokers: [broker().brokers] })
    const options = { ...at(), topic: 'shared', group: 'both' }
    await withSource(options, async (source, context, splits) => {
      const readers = await Promise.all(splits.map((split) => source.open(context, split, split.start ?? 0)))
      await write(
        broker().brokers,
        'shared',
        texts.slice(0, 100).map((value, i) => ({ value, partition: i % 2 })),
      )
      const first = await Promise.all(readers.map((reader) => readMessages(reader, 50)))
      await source.covered(context, new Map(splits.map(({ id }) => [id, 10])))
      const stream = await consumer.consume({
        topics: ['shared'],
        mode: MessagesStreamModes.COMMITTED,
        maxWaitTime: 100,
      })
      const others: string[] = []
      stream.on('data', ({ value }) => others.push(value.toString()))
      await write(
        broker().brokers,
        'shared',
        texts.slice(100).map((value, i) => ({ value, partition: i % 2 })),
      )
      const second = await Promise.all(readers.map((reader) => readMessages(reader, 50)))
      const ours = [...first, ...second].flat().map(textOf)
      expect(ours.sort()).toEqual([...texts].sort())
      await expect.poll(() => others.length, { timeout: 30_000 }).toBe(180)
      // A group with members takes offsets from them alone: a warning, and nothing else.
      await expect(source.covered(context, new Map([['shared/0', 100]]))).rejects.toThrow(
        /^ML_KAFKA_REFUSED: Kafka answers UNKNOWN_MEMBER_ID .*Others are members of this group/,
      )
      await Promise.all(readers.map((reader) => reader.close()))
    })
    await consumer.close(true)
  })
})
