/**
 * `npm run closed-loop`: starts a Kafka broker, a shop and the pipeline of examples/closed-loop, and shows how the offers that
 * the model decides sell beside those made by luck. Needs Java 17 and, the first time, Maven. Ctrl-C, or its end, stops all.
 */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import './bootstrap.mjs'
import { repository } from './repository.mjs'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, rate: { type: 'string', default: '200' } },
})
const seconds = Number(values.seconds)
const rate = Number(values.rate)
if (!(seconds > 0 && rate > 0)) {
  console.error('closed-loop: --seconds and --rate are numbers above 0')
  process.exit(2)
}
const { startKafkaBroker } = await import('../dist/testing/kafka-broker.js')
const { Shop } = await import('../examples/closed-loop/shop.mjs')

let stopping = false
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => (stopping = true))

console.log('starting a Kafka broker ...')
const broker = await startKafkaBroker({ note: console.log })
try {
  for (const topic of ['visits', 'decisions', 'outcomes']) await broker.createTopic(topic, 2)
  const base = join(broker.folder, 'offers')
  const changeAt = (seconds / 2) * rate
  const shop = new Shop(broker.brokers, changeAt)
  const pipeline = startPipeline(base)
  const open = shop.open(rate)
  try {
    await show(shop, pipeline, changeAt)
  } finally {
    await shop.stop()
    await open.catch(() => {})
    await pipeline.stop()
  }
  console.log(`\nthe pipeline's own account, after its last checkpoint:\n${pipeline.report()}`)
} finally {
  await broker.stop()
}

function startPipeline(base) {
  rmSync(base, { recursive: true, force: true })
  const args = ['run', 'examples/closed-loop/offers.ts', '--base', base, '--checkpoint-every', '100ms']
  const child = spawn(
    process.execPath,
    [join(repository, 'dist/cli/main.cjs'), ...args, '--param', `brokers=${broker.brokers}`],
    {
      cwd: repository,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += data))
  const ended = new Promise((resolve) => child.on('exit', resolve))
  return {
    get ended() {
      return child.exitCode !== null
    },
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
    report: () => text.slice(text.lastIndexOf('ledgers')),
    text: () => text,
  }
}

async function show(shop, pipeline, changeAt) {
  console.log(`${rate} visitors a second for ${seconds} s; what they want changes half way\n`)
  console.log('     s   visits   offers judged   sold     offers by luck   sold')
  let before = structuredClone(shop.tally)
  let changed = false
  for (let second = 5; second <= seconds && !stopping; second += 5) {
    for (let i = 0; i < 50 && !stopping; i++) await delay(100)
    if (pipeline.ended) throw new Error(`the pipeline has ended:\n${pipeline.text()}`)
    if (!changed && shop.visits > changeAt) {
      changed = true
      console.log('        -- from here on visitors want something else --')
    }
    const now = structuredClone(shop.tally)
    const part = (name) => {
      const made = now[name].made - before[name].made
      const sold = now[name].sold - before[name].sold
      return `${String(made).padStart(8)}   ${made === 0 ? '    -' : `${((100 * sold) / made).toFixed(1).padStart(5)} %`}`
    }
    console.log(
      `${String(second).padStart(6)} ${String(shop.visits).padStart(8)}        ${part('judged')}         ${part('explored')}`,
    )
    before = now
  }
}
