// The contract suites over Kafka's sinks, and what is its own: codecs, timestamps, headers, as Kafka's own consumer reads them.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { domainSuite, readKafkaTopic, sinkSuite } from 'millrace/testing'
import { expect, test } from 'vitest'
import { KafkaSink } from '../../src/connectors/kafka/sink.ts'
import type { JobContext } from '../../src/stream/ports.ts'
import { describeOnKafka } from './broker.ts'
import { CountedJob, contexts } from './counted-job.ts'
import { frame } from './row-frame.ts'

describeOnKafka('Kafka sinks', {}, (broker) => {
  let made = 0
  const fresh = async (options: { [name: string]: string } = {}, partitions = 1): Promise<JobContext> => {
    const topic = `sink-${++made}`
    // Some rows have times long past; a topic drops what is older than it keeps.
    await broker().createTopic(topic, partitions, { 'retention.ms': '-1' })
    return contexts({ brokers: broker().brokers, topics: [topic], job: topic, sink: options })[0]
  }
  const topicOf = ({ options }: JobContext) => options.topic as string
  const read = async (context: JobContext) => await readKafkaTopic(broker().brokers, topicOf(context))

  for (const { title, skip, run } of sinkSuite({
    name: 'topic, at least once',
    create: () => new KafkaSink(),
    context: () => fresh({ guarantee: 'at-least-once' }),
    read: async (context) => Buffer.from((await read(context)).map(({ value }) => value).join('')),
    row: (bytes, ordinal) => frame(ordinal, Buffer.from(bytes).toString()),
  })) {
    test.skipIf(skip !== undefined)(skip === undefined ? title : `${title} (${skip})`, () => run())
  }

  for (const { title, run } of domainSuite({
    name: 'topics, exactly once',
    create: () => new KafkaSink(),
    contexts: async () => {
      const [one, two] = [await fresh(), await fresh()]
      return [one, { ...two, job: one.job }]
    },
    read: async (context) => (await read(context)).map(({ value }) => value as string),
    row: (text, ordinal) => frame(ordinal, text),
    lives: 3,
  })) {
    test(title, { timeout: 60_000 }, () => run())
  }

  test('at least once: rows are seen before their checkpoint, and again when it was not taken', async () => {
    const context = await fresh({ guarantee: 'at-least-once' })
    expect(new KafkaSink().domain(context)).toBeUndefined()
    for (let life = 0; life < 2; life++) {
      const writer = await new KafkaSink().open(context)
      writer.append(frame(0, 'row'))
      await writer.drain()
      expect(writer.pendingBytes).toBe(0)
      expect((await read(context)).length).toBe(life + 1)
      await writer.close()
    }
  })

  const zstd = 'zstdCompressSync' in process.getBuiltinModule('node:zlib')
  const codecs = ['none', 'gzip', 'snappy', 'lz4', ...(zstd ? ['zstd'] : [])]
  test.each(codecs)(
    "Kafka's own consumer reads keys, values, headers and timestamps compressed by %s",
    async (compression) => {
      const context = await fresh({ compression })
      const topic = topicOf(context)
      const domain = await new KafkaSink().openDomain([context])
      await domain.recover()
      const headers = [
        { name: 'trace', value: Buffer.from('a1') },
        { name: 'é', value: null },
      ]
      const writer = domain.writer(context.uid)
      const long = 'ü'.repeat(3000)
      writer.append(frame(0, 'first', { keyText: 'k', timestamp: 1_700_000_000_000, headers }))
      writer.append(frame(1, null, { keyText: 'gone', timestamp: 1_600_000_000_123 }))
      writer.append(frame(2, long, { timestamp: 0 }))
      await domain.prepare(1)
      await domain.commit(1)
      writer.append(frame(3, 'not committed'))
      await domain.prepare(2)
      await expect.poll(() => read(context).then(({ length }) => length)).toBe(3)
      const lines = await javaConsumer(topic, 3)
      expect(lines).toEqual([
        'CreateTime:1700000000000|trace:a1,é:null|k|first',
        'CreateTime:1600000000123|NO_HEADERS|gone|null',
        `CreateTime:0|NO_HEADERS|null|${long}`,
      ])
      await domain.close()
    },
  )

  test('a key goes to the partition where the Java client puts it; rows without one take turns', async () => {
    const context = await fresh({}, 4)
    const domain = await new KafkaSink().openDomain([context])
    await domain.recover()
    const writer = domain.writer(context.uid)
    // Of kafka-clients 4.2.0: Utils.toPositive(Utils.murmur2(key)) % 4.
    for (const [i, key] of ['21', 'foobar', 'abc', 'é'].entries()) writer.append(frame(i, key, { keyText: key }))
    for (let i = 4; i < 8; i++) writer.append(frame(i, `${i}`))
    await domain.prepare(1)
    await domain.commit(1)
    await expect.poll(() => read(context).then(({ length }) => length)).toBe(8)
    const places = Object.fromEntries((await read(context)).map(({ value, partition }) => [value, partition]))
    expect(places).toEqual({ '21': 0, foobar: 2, abc: 3, é: 3, 4: 0, 5: 1, 6: 2, 7: 3 })
    await domain.close()
  })

  test('a timestamp that the topic does not allow ends the job with the row', async () => {
    const context = await fresh()
    const job = await CountedJob.start({ brokers: broker().brokers, topics: [topicOf(context)], job: context.job })
    job.write(3)
    job.domain.writer(context.uid).append(frame(3, 'from the future', { timestamp: 32_503_680_000_000 }))
    await expect(job.prepare()).rejects.toMatchObject({
      code: 'ML_SINK_ROW',
      message: expect.stringMatching(/do not take row 3 of topic "sink-\d+": INVALID_TIMESTAMP/),
    })
    await job.domain.close()
    expect(await read(context)).toEqual([])
  })

  /** Lines of `timestamp|headers|key|value`, read_committed. */
  async function javaConsumer(topic: string, count: number): Promise<string[]> {
    const { javaCommand } = await import('../../src/java/tool.ts')
    const { cachedJars } = await import('../../src/java/jars.ts')
    const pom = new URL('../../kafka/broker/pom.xml', import.meta.url).pathname
    const jars = await cachedJars({ product: 'Kafka', pom }, () => {})
    const print = ['timestamp', 'headers', 'key'].flatMap((name) => ['--formatter-property', `print.${name}=true`])
    const main = ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-Dstdout.encoding=UTF-8', '-cp', `${jars}/*`]
    const from = ['--bootstrap-server', broker().brokers, '--topic', topic, '--partition', '0', '--offset', 'earliest']
    const how = ['--isolation-level', 'read_committed', '--max-messages', String(count), '--timeout-ms', '60000']
    const separator = ['--formatter-property', 'key.separator=|']
    const args = [...main, 'org.apache.kafka.tools.consumer.ConsoleConsumer', ...from, ...how, ...print, ...separator]
    const { stdout } = await promisify(execFile)(await javaCommand(), args, { encoding: 'utf8' })
    return stdout.split('\n').filter((line) => line.includes('|'))
  }
})
