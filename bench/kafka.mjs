// Kafka → decode → features → learn → Kafka exactly once, against a bare loop with the same client and broker.
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { line, measure, median } from './measure.mjs'

export async function kafka({ folder, rounds = 5, count = 300_000, partitions = 2 }) {
  const { startKafkaBroker } = await import('../dist/testing/kafka-broker.js')
  const broker = await startKafkaBroker({ note: console.log })
  const work = (name) => new URL(`./work/${name}`, import.meta.url).pathname
  const cli = new URL('../dist/cli/main.cjs', import.meta.url).pathname
  const { brokers } = broker
  try {
    const events = join(folder, 'kafka-events.jsonl')
    execFileSync(process.execPath, [work('events.mjs'), events, String(count)])
    await broker.createTopic('events', partitions)
    execFileSync(process.execPath, [work('kafka-fill.mjs'), brokers, 'events', events, String(partitions)])
    const bare = []
    const ours = []
    for (let i = 0; i < rounds; i++) {
      for (const topic of [`bare-${i}`, `scored-${i}`]) await broker.createTopic(topic, partitions)
      bare.push((await measure([work('kafka-bare.mjs'), brokers, 'events', `bare-${i}`, String(count)])).cpu)
      for (const name of ['.millrace', 'out']) rmSync(join(folder, name), { recursive: true, force: true })
      const params = ['--param', `brokers=${brokers}`, '--param', `to=scored-${i}`]
      const run = [
        cli,
        'run',
        work('kafka-pipeline.mjs'),
        '--base',
        folder,
        '-q',
        '--checkpoint-every',
        '1s',
        ...params,
      ]
      ours.push((await measure(run)).cpu)
    }
    const ratio = median(bare.map((cpu, i) => cpu / ours[i]))
    const micros = (values) => `${((median(values) / count) * 1e6).toFixed(2)} µs`
    console.log(`        bare loop ${micros(bare)}, pipeline ${micros(ours)} of CPU an event, the broker's not counted`)
    return line('Kafka JSON to Kafka exactly once, against a bare loop', ratio.toFixed(2), '>= 0.5', ratio >= 0.5)
  } finally {
    await broker.stop()
  }
}
