import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Message } from '../../src/formats/message.ts'
import type { SplitReader } from '../../src/stream/ports.ts'
import { describeOnKafka } from './broker.ts'
import { messagesOf, readMessages, textOf, withSource, write } from './reading.ts'

const texts = (from: number, to: number) => Array.from({ length: to - from }, (_unused, i) => `${from + i}`)

describeOnKafka('a Kafka source whose broker goes away', {}, (broker) => {
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
