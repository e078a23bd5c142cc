// One record at 10,000 a second, from socket to socket through a learner, beside the same path of bare sockets: what a busy machine adds
// shows in both.
import { line, measure } from './measure.mjs'

const RATE = 10_000
const SECONDS = 10
const work = new URL('./work/socket-latency.mjs', import.meta.url).pathname

export async function socket() {
  const at = async (...way) => JSON.parse((await measure([work, String(RATE), String(SECONDS), ...way])).out)
  const bare = await at('bare')
  const ours = await at('pipeline')
  const text = ({ p50, p99 }) => `${p50.toFixed(2)} / ${p99.toFixed(2)} ms`
  console.log(
    `        bare sockets: p50 / p99 ${text(bare)}; CPU ${ours.cpuSeconds.toFixed(1)} s for ours, load included`,
  )
  const { startKafkaBroker } = await import('../dist/testing/kafka-broker.js')
  const broker = await startKafkaBroker({ note: console.log })
  try {
    await broker.createTopic('payments', 1)
    const kafka = await at('kafka', broker.brokers)
    return [
      line('socket to socket at 10,000/s: p50 / p99 latency', text(ours), 'p99 <= 5 ms', ours.p99 <= 5),
      line('Kafka to socket at 10,000/s: p50 / p99 latency', text(kafka), 'p99 <= 20 ms', kafka.p99 <= 20),
    ].every(Boolean)
  } finally {
    await broker.stop()
  }
}
