// A receiver a hundred times slower than the pipeline, for a while: memory, checkpoints, and the pace afterwards. Forty seconds;
// five minutes with MILLRACE_SLOW_SECONDS=300.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { line } from './measure.mjs'

const cli = new URL('../dist/cli/main.cjs', import.meta.url).pathname
const pipeline = new URL('./work/slow-pipeline.mjs', import.meta.url).pathname
const SLOWER = 100
const FULL_SECONDS = 6

export async function slowSink({ folder, seconds = Number(process.env.MILLRACE_SLOW_SECONDS ?? 40) }) {
  const base = join(folder, 'slow-sink')
  mkdirSync(base)
  execFileSync(process.execPath, [
    new URL('./work/events.mjs', import.meta.url).pathname,
    join(base, 'events.jsonl'),
    String(12_000_000),
  ])
  const receiver = await Receiver.listen()
  const params = ['--param', `port=${receiver.port}`]
  const args = [
    cli,
    'run',
    pipeline,
    '--base',
    base,
    '--checkpoint-every',
    '1s',
    '--http',
    '0',
    '--log',
    'json',
    ...params,
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'exit')
  let log = ''
  child.stderr.on('data', (data) => (log += data))
  try {
    await receiver.first
    await delay(2000)
    const before = await receiver.pace(FULL_SECONDS)
    const rssBefore = rss(child.pid)
    receiver.limit(before / SLOWER)
    const metrics = await address(() => log)
    let most = 0
    let oldest = 0
    const first = await checkpoint(metrics)
    for (let second = 0; second < seconds; second++) {
      await delay(1000)
      most = Math.max(most, rss(child.pid))
      oldest = Math.max(oldest, (await checkpoint(metrics)).age)
    }
    const last = await checkpoint(metrics)
    receiver.limit(Number.POSITIVE_INFINITY)
    await delay(500)
    const after = await receiver.pace(FULL_SECONDS)
    if (child.exitCode !== null) throw new Error(`the run ended with code ${child.exitCode} before it was measured`)
    const growth = most / rssBefore
    const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB/s`
    console.log(
      `        ${mb(before)}, then ${mb(before / SLOWER)} for ${seconds} s: ${last.id - first.id} checkpoints, the oldest ${oldest.toFixed(1)} s; then ${mb(after)}`,
    )
    return [
      line('a receiver 100x slower: peak memory against before', `${growth.toFixed(2)}x`, '<= 1.2x', growth <= 1.2),
      line(
        'the same: checkpoints in a second',
        ((last.id - first.id) / seconds).toFixed(2),
        '>= 0.2',
        (last.id - first.id) / seconds >= 0.2,
      ),
      line('the same: pace afterwards against before', (after / before).toFixed(2), '>= 0.9', after / before >= 0.9),
    ].every(Boolean)
  } finally {
    child.kill('SIGKILL')
    await ended
    receiver.close()
    rmSync(base, { recursive: true, force: true })
  }
}

/** Takes rows from the pipeline, as fast as it may. */
class Receiver {
  port = 0
  bytes = 0
  #perMs = Number.POSITIVE_INFINITY
  #server
  #socket
  #connected
  first = new Promise((resolve) => (this.#connected = resolve))

  static async listen() {
    const receiver = new Receiver()
    receiver.#server = createServer((socket) => {
      receiver.#socket = socket
      socket.on('data', (data) => receiver.#take(data.length))
      socket.on('error', () => {})
      receiver.#connected()
    })
    receiver.#server.listen(0, '127.0.0.1')
    await once(receiver.#server, 'listening')
    receiver.port = receiver.#server.address().port
    return receiver
  }

  /** @param bytesPerSecond what is read at most */
  limit(bytesPerSecond) {
    this.#perMs = bytesPerSecond / 1000
    this.#socket.resume()
  }

  /** Bytes a second, over so many. */
  async pace(seconds) {
    const [bytes, start] = [this.bytes, performance.now()]
    await delay(seconds * 1000)
    return ((this.bytes - bytes) / (performance.now() - start)) * 1000
  }

  close() {
    this.#socket?.destroy()
    this.#server.close()
  }

  #take(length) {
    this.bytes += length
    if (this.#perMs === Number.POSITIVE_INFINITY) return
    this.#socket.pause()
    setTimeout(() => this.#socket.resume(), length / this.#perMs)
  }
}

/** Bytes of memory that a process holds. */
function rss(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024
}

/** Where the run serves its metrics, as its log says. */
async function address(log) {
  for (let tries = 0; tries < 500; tries++) {
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(log())
    if (found !== null) return found[0]
    await delay(20)
  }
  throw new Error(`the run serves no metrics:\n${log()}`)
}

async function checkpoint(metrics) {
  const text = await (await fetch(`${metrics}/metrics`)).text()
  const value = (name) => Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1])
  return { id: value('millrace_checkpoint_id'), age: value('millrace_checkpoint_age_seconds') }
}
