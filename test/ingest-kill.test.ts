// An HTTP ingest with a spool through the death of the process: clients post while the program is killed with SIGKILL at random
// moments. KILL_SEED=S repeats a failure, INGEST_KILLS=200 does more of it.
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { expect, test } from 'vitest'
import { Xoshiro128 } from '../src/numeric/xoshiro128.ts'
import { folderWith, type RunningProgram, rowsOf, start } from './cli-process.ts'
import { freePort } from './free-port.ts'
import { repository } from './source-files.ts'

const kills = Number(process.env.INGEST_KILLS ?? 5)
const seed = Number(process.env.KILL_SEED ?? randomInt(1_000_000_000))

test(`${kills} kills while clients post: what was answered 200 is there once, and nothing is there twice`, {
  timeout: 600_000,
}, async () => {
  const random = new Xoshiro128(seed)
  const port = await freePort()
  const folder = folderWith({})
  const accepted = new Set<number>()
  let next = 0
  let posting = true

  /** Posts batches, each number once: a batch without an answer is given up, for it may have been taken. */
  const client = async (agent: Agent): Promise<void> => {
    while (posting) {
      const batch = Array.from({ length: 1 + random.nextInt(20) }, () => next++)
      const status = await post(agent, port, batch.map((n) => `{"n":${n}}\n`).join('')).catch(() => 0)
      if (status === 200) for (const n of batch) accepted.add(n)
      else await pause(20)
    }
  }
  const agents = [0, 1, 2].map(() => new Agent({ keepAlive: true, maxSockets: 1 }))
  const clients = agents.map(client)

  const run = (): RunningProgram =>
    start(['run', `${repository}/test/kills/ingest.ts`, '--param', `port=${port}`, '--checkpoint-every', '50ms'], {
      cwd: folder,
    })
  for (let kill = 0; kill < kills; kill++) {
    const program = run()
    const before = accepted.size
    // Some die while they start, the others while they take records.
    if (kill % 4 === 3) await pause(random.nextInt(400))
    else {
      while (accepted.size < before + 200 && program.child.exitCode === null) await pause(20)
      await pause(random.nextInt(150))
    }
    program.child.kill('SIGKILL')
    const ended = await program.ended
    expect(ended.signal, `KILL_SEED=${seed}\n${ended.stderr}`).toBe('SIGKILL')
  }
  const last = run()
  const before = accepted.size
  while (accepted.size < before + 200) await pause(20)
  posting = false
  await Promise.all(clients)
  for (const agent of agents) agent.destroy()
  // What is in the spool is processed before the run is suspended: it goes on for as long as rows come.
  for (let seen = -1, now = 0; seen !== now; now = rowsOf(`${folder}/out/rows`).rows.length) {
    seen = now
    await pause(500)
  }
  last.child.kill('SIGTERM')
  expect((await last.ended).code, `KILL_SEED=${seed}`).toBe(0)

  const rows = rowsOf(`${folder}/out/rows`).rows.map((row) => JSON.parse(row) as { n: number; of: number })
  expect(
    rows.map(({ of }) => of),
    `KILL_SEED=${seed}`,
  ).toEqual(rows.map((_row, i) => i + 1))
  const found = new Set(rows.map(({ n }) => n))
  expect(found.size, `KILL_SEED=${seed}: a record is there twice`).toBe(rows.length)
  expect(
    [...accepted].filter((n) => !found.has(n)),
    `KILL_SEED=${seed}: accepted and lost`,
  ).toEqual([])
  expect(accepted.size).toBeGreaterThan(200 * (kills / 2))
})

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function post(agent: Agent, port: number, body: string): Promise<number> {
  const sent = request({
    agent,
    port,
    host: '127.0.0.1',
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', 'content-length': body.length },
  })
  sent.end(body)
  const [response] = await once(sent, 'response')
  response.resume()
  await once(response, 'end')
  return response.statusCode
}
