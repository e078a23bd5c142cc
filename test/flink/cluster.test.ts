// A local cluster as its user meets it: started, looked at, hit, used, stopped, by the real program.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FlinkRest } from '../../src/runtime/flink/rest.ts'
import { type Ended, folderWith, millrace, rawReadings, readings, rowsOf, start } from '../cli-process.ts'
import { describeWithTools } from './cluster.ts'

const COUNT = 6000
const files = { 'readings.ts': readings({ work: true }), 'raw.csv': rawReadings(COUNT) }
/** Makes a job of several seconds, so that it is always met under way. */
const slow = ['-p', 'work=200000']
const fast = ['-p', 'work=1']

describeWithTools('the cluster of this machine', () => {
  const cwd = folderWith(files)
  const flinkHome = folderWith({})
  const env = { MILLRACE_FLINK_HOME: flinkHome }
  const program = (...args: string[]) => millrace(args, { cwd, env })
  const lastJson = ({ stdout }: Ended) => JSON.parse(stdout.trimEnd().split('\n').at(-1) as string)
  const startFlags = ['flink', 'start', '--slots', '2', '--json']
  let url: string
  let pids: { jobManager: number; taskManagers: number[] }

  beforeAll(async () => {
    const started = await program(...startFlags, '--port', '0')
    expect(started).toMatchObject({ code: 0 })
    ;({ url, pids } = lastJson(started))
  }, 300_000)
  afterAll(async () => {
    await program('flink', 'stop', '--force')
  }, 60_000)

  test('shows its processes and its slots', async () => {
    const { stdout, code } = await program('flink', 'status')
    expect(stdout).toContain(`at ${url}: 1 TaskManagers, 2 of 2 slots free, 0 jobs running`)
    expect(stdout).toMatch(new RegExp(`jobmanager +runs +${pids.jobManager} `))
    expect(code).toBe(0)
    expect(lastJson(await program('flink', 'status', '--flink', url, '--json'))).toMatchObject({
      overview: { taskmanagers: 1, 'slots-total': 2 },
    })
  })

  test('stays as it is when it is started again', async () => {
    expect(lastJson(await program(...startFlags))).toMatchObject({ url, pids })
  })

  test('is not given another shape while it runs', async () => {
    const { stderr, code } = await program('flink', 'start', '--slots', '3')
    expect(stderr).toMatch(/^millrace: ML_FLINK_CLUSTER: a cluster of another shape runs already; .*flink stop/)
    expect(code).toBe(1)
  })

  test('keeps its port: a second cluster is told that it is taken, and leaves nothing behind', async () => {
    const second = { MILLRACE_FLINK_HOME: folderWith({}) }
    const port = new URL(url).port
    const { stderr, code } = await millrace(['flink', 'start', '--port', port], { cwd, env: second })
    expect(stderr).toMatch(new RegExp(`ML_FLINK_CLUSTER: port ${port} is taken by another program.*--port`))
    expect(code).toBe(1)
    expect((await millrace(['flink', 'stop'], { cwd, env: second })).stdout).toBe('no local cluster was running\n')
  })

  test('says which process was killed, and starts that one again', { timeout: 120_000 }, async () => {
    process.kill(pids.taskManagers[0], 'SIGKILL')
    await expect.poll(async () => (await program('flink', 'status')).code).toBe(1)
    expect((await program('flink', 'status')).stdout).toMatch(/taskmanager-1 +has died/)
    const healed = lastJson(await program(...startFlags))
    expect(healed).toMatchObject({ url, pids: { jobManager: pids.jobManager } })
    expect(healed.pids.taskManagers[0]).not.toBe(pids.taskManagers[0])
    expect((await program('flink', 'status')).code).toBe(0)
  })

  test('runs a job that is stopped by name and goes on from its savepoint', { timeout: 120_000 }, async () => {
    const submitted = await program('submit', 'readings.ts', '--flink', url, '--detached', ...slow)
    expect(submitted).toMatchObject({ code: 0 })
    const id = submitted.stdout.trim()
    await running(id)
    const list = await program('flink', 'list', '--flink', url)
    expect(list.stdout).toMatch(new RegExp(`^${id} +running .* readings$`, 'm'))

    const typo = await program('flink', 'stop', 'raedings', '--flink', url)
    expect(typo.stderr).toMatch(/ML_FLINK_NO_JOB: no job .*; got "raedings"\. Did you mean readings\.$/m)
    expect(typo.code).toBe(2)
    const refused = await program('flink', 'stop')
    expect(refused.stderr).toMatch(/ML_FLINK_CLUSTER: a job is running: "readings".*--force/)
    expect(refused.code).toBe(1)

    const stopped = await program('flink', 'stop', 'readings', '--flink', url)
    expect(stopped.stderr).toContain('--from-savepoint')
    expect(stopped.code).toBe(0)
    const savepoint = stopped.stdout.trim()
    expect(existsSync(fileURLToPath(savepoint))).toBe(true)

    const again = await program('flink', 'stop', id, '--flink', url)
    expect(again.stderr).toMatch(/ML_FLINK_NO_JOB: .*has already ended: finished/)

    const wide = ['--from-savepoint', savepoint, '--parallelism', '2', ...fast]
    const finished = await program('submit', 'readings.ts', '--flink', url, ...wide)
    expect(finished).toMatchObject({ code: 0 })
    expect(finished.stdout).toContain('finished: the input is used up')
    expect(finished.stdout).toContain(`source raw  in 6,000 = processed 6,000 + rejected 0 + late 0`)
    expect(rowsOf(join(cwd, 'out/readings')).rows).toHaveLength(COUNT)
  })

  test('keeps output that is there, with the reason on one line', { timeout: 120_000 }, async () => {
    const { stderr, code } = await program('submit', 'readings.ts', '--flink', url, '-q', ...fast)
    expect(stderr).toMatch(/ML_FLINK_JOB: job "readings" failed: ML_SINK_EXISTS: /)
    expect(stderr).not.toMatch(/^\s+at |Exception/m)
    expect(code).toBe(1)
  })

  test('stops a job with a savepoint at Ctrl-C, and the advice works', { timeout: 120_000 }, async () => {
    const folder = folderWith(files)
    const job = start(['submit', 'readings.ts', '--flink', url, '--json', ...slow], { cwd: folder, env })
    await job.said(/"checkpoints":[1-9]/)
    job.child.kill('SIGINT')
    const ended = await job.ended
    expect(ended).toMatchObject({ code: 0 })
    const report = lastJson(ended)
    expect(report).toMatchObject({ type: 'report', end: 'stopped', pipeline: 'readings' })
    const more = ['--from-savepoint', report.savepoint, '-q', ...fast]
    expect(await millrace(['submit', 'readings.ts', '--flink', url, ...more], { cwd: folder, env })).toMatchObject({
      code: 0,
    })
    expect(rowsOf(join(folder, 'out/readings')).rows).toHaveLength(COUNT)
  })

  test('ends a job that is cancelled at once, and who followed it learns of it', { timeout: 120_000 }, async () => {
    const job = start(['submit', 'readings.ts', '--flink', url, '--json', ...slow], { cwd: folderWith(files), env })
    await job.said(/"state":"RUNNING"/)
    const cancelled = await program('flink', 'cancel', 'readings', '--flink', url)
    expect(cancelled.stdout).toMatch(/^"readings" \([0-9a-f]{32}\) has ended: canceled\n$/)
    const { stderr, code } = await job.ended
    expect(stderr).toContain('ML_FLINK_JOB: job "readings" was cancelled')
    expect(code).toBe(1)
  })

  test('is started anew after its JobManager was killed, and stopped once', { timeout: 120_000 }, async () => {
    process.kill(pids.jobManager, 'SIGKILL')
    await expect.poll(async () => (await program('flink', 'status')).stdout).toMatch(/jobmanager +has died/)
    const { pids: now } = lastJson(await program(...startFlags, '--port', '0'))
    expect(now.jobManager).not.toBe(pids.jobManager)
    expect((await program('flink', 'stop')).stdout).toBe('the local cluster is down\n')
    // What has ended may still wait for its parent to notice; it has no command line then.
    for (const pid of [now.jobManager, ...now.taskManagers]) expect(commandLine(pid)).toBe('')
    expect((await program('flink', 'stop')).stdout).toBe('no local cluster was running\n')
    const { stderr, code } = await program('flink', 'status')
    expect(stderr).toMatch(/ML_FLINK_CLUSTER: no local cluster was started .*flink start/)
    expect(code).toBe(1)
  })

  /** Until a job has a checkpoint behind it. */
  async function running(id: string): Promise<void> {
    const checkpoints = async () => (await new FlinkRest(url).checkpoints(id)).counts.completed
    await expect.poll(checkpoints, { timeout: 60_000, interval: 200 }).toBeGreaterThan(0)
  }
})

function commandLine(pid: number): string {
  return spawnSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' })
    .stdout.replace(/.*<defunct>/, '')
    .trim()
}
