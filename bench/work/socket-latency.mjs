// One pipeline from socket to socket with a learner in it, in this process; the load comes from a worker thread, with a clock of its own.
// An open loop: each record is due at its time whether or not earlier ones came back, and its latency counts from when it was due.

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const [, , rateText = '10000', secondsText = '10', way = 'pipeline', brokers = ''] = process.argv

if (isMainThread) await main()
else await load(workerData)

async function main() {
  const options = { rate: Number(rateText), seconds: Number(secondsText) }
  const port = await freePort()
  const worker = new Worker(new URL(import.meta.url), { workerData: { ...options, port, brokers } })
  const [{ out }] = await once(worker, 'message')
  const stop = way === 'bare' ? await bare(port, out) : await pipelineBetween(port, out)
  worker.postMessage('go')
  const [result] = await once(worker, 'message')
  const { user, system } = process.cpuUsage()
  console.log(JSON.stringify({ ...result, cpuSeconds: (user + system) / 1e6 }))
  await stop()
  await worker.terminate()
}

/** The same path without an engine: lines are parsed and written again by the sockets of one process. */
async function bare(port, out) {
  const sink = connect(out, '127.0.0.1').setNoDelay(true)
  await once(sink, 'connect')
  const server = createServer((socket) => {
    let rest = ''
    socket.setNoDelay(true).on('data', (chunk) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()
      sink.write(lines.map((line) => `${JSON.stringify({ input: JSON.parse(line) })}\n`).join(''))
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return async () => {
    sink.destroy()
    server.close()
  }
}

async function pipelineBetween(port, out) {
  const { adagrad, boolean, features, logistic, number, pipeline, record, string } = await import('../../dist/index.js')
  const { kafka } = await import('../../dist/connectors/kafka/index.js')
  const { tcp, tcpServer } = await import('../../dist/connectors/socket/index.js')
  const { run } = await import('../../dist/embedded/index.js')
  const Payment = record({ id: number(), amount: number(), country: string(), isFraud: boolean() })
  const inputs = features(Payment).numeric('amount').categorical('country')
  const declared = pipeline('socket-latency', ({ from }) => {
    from('payments', way === 'kafka' ? kafka({ brokers, topic: 'payments' }, Payment) : tcpServer({ port }, Payment))
      .learn('fraud', logistic({ inputs, optimizer: adagrad(0.3) }), { label: (p) => p.isFraud })
      .to('scores', tcp({ host: '127.0.0.1', port: out }))
  })
  const base = mkdtempSync(join(tmpdir(), 'millrace-latency-'))
  const handle = await run(declared, { base, checkpointEvery: '1s' })
  return async () => {
    handle.stop()
    await handle.done
    rmSync(base, { recursive: true, force: true })
  }
}

async function load({ rate, seconds, port, brokers }) {
  const total = rate * seconds
  const latencies = new Float64Array(total)
  let received = 0
  let started = 0
  const due = (n) => started + (n / rate) * 1000
  const server = createServer((socket) => {
    let rest = ''
    socket.on('data', (chunk) => {
      const now = performance.now()
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()
      for (const line of lines) {
        const id = Number(/"id":(\d+)/.exec(line)[1])
        latencies[id] = now - due(id)
        received++
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  parentPort.postMessage({ out: server.address().port })
  await once(parentPort, 'message')
  const send = brokers === '' ? await overSocket(port) : await overKafka(brokers)
  started = performance.now()
  let sent = 0
  const turn = () => {
    const until = Math.min(total, Math.floor(((performance.now() - started) / 1000) * rate))
    let text = ''
    for (; sent < until; sent++)
      text += `{"id":${sent},"amount":${(sent * 7919) % 1000},"country":"C${sent % 40}","isFraud":${sent % 10 < 3}}\n`
    if (text !== '') send(text)
    // Every millisecond or so; what a record waits for that counts as latency too.
    if (sent < total) setTimeout(turn, 1)
  }
  turn()
  while (received < total) await new Promise((resolve) => setTimeout(resolve, 20))
  // The first second is for the code to become warm.
  const sorted = latencies.slice(rate).sort()
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
  parentPort.postMessage({ p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) })
}

async function overSocket(port) {
  const socket = connect(port, '127.0.0.1').setNoDelay(true)
  await once(socket, 'connect')
  return (text) => socket.write(text)
}

/** Batches follow each other: the next leaves when the broker has the one before. */
async function overKafka(brokers) {
  const { Producer } = await import('@platformatic/kafka')
  const producer = new Producer({ clientId: 'load', bootstrapBrokers: [brokers] })
  let waiting = ''
  let sending = false
  const flush = async () => {
    if (sending) return
    sending = true
    while (waiting !== '') {
      const lines = waiting.split('\n').slice(0, -1)
      waiting = ''
      await producer.send({
        messages: lines.map((line) => ({ topic: 'payments', partition: 0, value: Buffer.from(line) })),
      })
    }
    sending = false
  }
  return (text) => {
    waiting += text
    void flush()
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
