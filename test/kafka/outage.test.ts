import { setTimeout as delay } from 'node:timers/promises'
import { TcpProxy } from 'millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Message } from '../../src/formats/message.ts'
import type { SplitReader } from '../../src/stream/ports.ts'
import { describeOnKafka } from './broker.ts'
import { messagesOf, readMessages, textOf, withSource, write } from './reading.ts'

const texts = (from: number, to: number) => Array.from({ length: to - from }, (_unused, i) => `${from + i}`)

/** One of its listeners tells clients the port of the proxy, which is not known yet. */
const options = { advertisedPort: 0 }
let proxy: TcpProxy
beforeAll(async () => {
  proxy = await TcpProxy.start()
  options.advertisedPort = proxy.port
})
afterAll(() => proxy.close())

describeOnKafka('a Kafka source whose broker goes away', options, (broker) => {
  test.each([
    ['is killed', () => broker().kill9()],
    ['is shut down', () => broker().shutDown()],
  ])('reads on, every record once, when the broker %s and comes back', async (how, end) => {
    const topic = `outage-${how.split(' ').at(-1)}`
    await broker().createTopic(topic, 2)
    // More than is fetched ahead, so that records are missing when the broker goes.
    const filler = 'x'.repeat(2000)
    const sent = texts(0, 4000).map((text, i) => ({ value: `${text} ${filler}`, partition: i % 2 }))
    await write(broker().brokers, topic, sent)
    await withSource({ brokers: broker().brokers, topic }, async (source, context, splits) => {
      const readers = await Promise.all(splits.map((split) => source.open(context, split, 0)))
      const found = await Promise.all(readers.map((reader) => readMessages(reader, 50)))
      await end()
      await drain(readers[0], found[0])
      expect(found[0].length).toBeLessThan(2000)
      expect(readers[0].caughtUp).toBe(false)
      await broker().restart()
      await write(
        broker().brokers,
        topic,
        texts(4000, 4010).map((value, i) => ({ value, partition: i % 2 })),
      )
      for (const [i, reader] of readers.entries()) {
        found[i].push(...(await readMessages(reader, 2005 - found[i].length)))
        await expect.poll(() => reader.caughtUp).toBe(true)
        expect(found[i].map(({ offset }) => offset)).toEqual(texts(0, 2005).map(Number))
        await reader.close()
      }
      const read = found.flat().map((message) => Number(textOf(message)?.split(' ')[0]))
      expect(read.sort((a, b) => a - b)).toEqual(texts(0, 4010).map(Number))
    })
  })

  test('does not count as caught up while answers are held back, and reads on when they come or are cut off', async () => {
    proxy.target = broker().ports.proxied as number
    await broker().createTopic('stalled')
    await write(broker().brokers, 'stalled', ['a'])
    await withSource({ brokers: `127.0.0.1:${proxy.port}`, topic: 'stalled' }, async (source, context, [split]) => {
      const reader = await source.open(context, split, 0)
      const found = (await readMessages(reader, 1)).map(textOf)
      await expect.poll(() => reader.caughtUp, { timeout: 20_000 }).toBe(true)
      for (const end of ['heals', 'is cut']) {
        proxy.stall('down')
        await write(broker().brokers, 'stalled', [`it ${end}`])
        await expect.poll(() => reader.caughtUp, { timeout: 20_000 }).toBe(false)
        if (end === 'is cut') proxy.cut()
        proxy.heal()
        found.push(...(await readMessages(reader, 1)).map(textOf))
        await expect.poll(() => reader.caughtUp, { timeout: 20_000 }).toBe(true)
      }
      expect(found).toEqual(['a', 'it heals', 'it is cut'])
      await reader.close()
    })
  })
})

/** Reads what was fetched before the broker went, until nothing has come for a while. */
async function drain(reader: SplitReader, found: Message[]): Promise<void> {
  for (;;) {
    const next = reader.read()
    const chunk = await Promise.race([next, delay(500)])
    if (chunk === undefined) {
      // The call stays under way: its result comes first of what is read when the broker is back.
      const { read } = reader
      reader.read = () => {
        reader.read = read
        return next
      }
      return
    }
    found.push(...messagesOf(chunk as Uint8Array))
  }
}
