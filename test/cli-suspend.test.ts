// Stopping the program in every way there is, and going on.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { folderWith, millrace, type RunningProgram, rawReadings, readings, rowsOf, start } from './cli-process.ts'
import { repository } from './source-files.ts'

const COUNT = 15_000
const often = ['run', 'readings.ts', '--json', '--checkpoint-every', '20ms']
const files = { 'readings.ts': readings({ work: true }), 'raw.csv': rawReadings(COUNT) }

/** The rows of the run that nobody stopped. */
let expected: string[]
beforeAll(async () => {
  const cwd = folderWith(files)
  expect(await millrace(['run', 'readings.ts', '-q', '-p', 'work=1'], { cwd })).toMatchObject({ code: 0 })
  expected = rowsOf(join(cwd, 'out/readings')).rows
  expect(expected).toHaveLength(COUNT)
})

/** A run of several seconds with checkpoints behind it. */
async function underWay(cwd: string): Promise<RunningProgram> {
  const running = start(often, { cwd })
  await running.said(/"lastCheckpoint":\{"id":(?:[3-9]|\d\d)/)
  return running
}

/** Goes on to the end, faster, and compares. */
async function goesOn(cwd: string, flags: readonly string[] = []): Promise<string> {
  const { code, stdout, stderr } = await millrace(['run', 'readings.ts', '-p', 'work=1', ...flags], { cwd })
  expect(stderr).toContain('goes on from checkpoint')
  expect(code).toBe(0)
  const { rows, parts } = rowsOf(join(cwd, 'out/readings'))
  expect(rows).toEqual(expected)
  expect(parts.filter((name) => name.endsWith('.open'))).toEqual([])
  return stdout + stderr
}

describe.concurrent('a run that is stopped', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'by %s takes a final checkpoint, exits 0 and goes on',
    async (signal) => {
      const cwd = folderWith(files)
      const { child, ended } = await underWay(cwd)
      child.kill(signal)
      const { code, stdout } = await ended
      expect(code).toBe(0)
      expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) as string)).toMatchObject({
        type: 'report',
        end: 'suspended',
      })
      const { stdout: inspected } = await millrace(['inspect', '.millrace/readings', '--json'], { cwd })
      expect(JSON.parse(inspected).manifest).toMatchObject({ status: 'suspended', clean: true })
      await goesOn(cwd)
    },
  )

  test('by a second Ctrl-C exits at once with 130, and goes on', async () => {
    const cwd = folderWith(files)
    const { child, ended, said } = await underWay(cwd)
    child.kill('SIGINT')
    await said(/once more ends at once/)
    child.kill('SIGINT')
    const { code, stderr } = await ended
    // The final checkpoint may have been faster than the second signal.
    expect([0, 130]).toContain(code)
    expect(stderr).toBe('')
    await goesOn(cwd)
  })

  test('because the reader of its output ends goes on', async () => {
    const cwd = folderWith(files)
    const program = join(repository, 'dist/cli/main.cjs')
    const piped = `"${process.execPath}" "${program}" ${often.join(' ')} | head -1; exit $((PIPESTATUS[0]))`
    const child = spawn('bash', ['-c', piped], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let stderr = ''
    child.stderr.on('data', (bytes) => {
      stderr += bytes
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect([code, stderr]).toEqual([0, ''])
    expect(rowsOf(join(cwd, 'out/readings')).rows.length).toBeLessThan(COUNT)
    await goesOn(cwd)
  })

  test('by kill -9 goes on', async () => {
    const cwd = folderWith(files)
    const { child, ended } = await underWay(cwd)
    child.kill('SIGKILL')
    expect((await ended).signal).toBe('SIGKILL')
    await goesOn(cwd)
  })
})

describe.concurrent('the folder of a run', () => {
  test('is refused to a second process, while the first goes on', async () => {
    const cwd = folderWith(files)
    const first = await underWay(cwd)
    const others = millrace(['run', 'readings.ts', '--state', 'elsewhere'], { cwd })
    const second = await millrace(['run', 'readings.ts'], { cwd })
    expect(second.stderr).toMatch(/^millrace: ML_LOCKED: .*pid \d+.*\.millrace\/readings/)
    expect([second.code, second.stdout]).toEqual([1, ''])
    const other = await others
    expect(other.stderr).toMatch(/^millrace: ML_(LOCKED|SINK_EXISTS): .*out\/readings/)
    expect(other.code).toBe(1)
    expect(first.child.exitCode, 'the first has ended too early').toBe(null)
    first.child.kill('SIGINT')
    expect((await first.ended).code).toBe(0)
    await goesOn(cwd)
  })

  test('says that the run has finished, and starts anew with --fresh, which leaves the files of others', async () => {
    const cwd = folderWith({ ...files, 'out/notes.txt': 'mine' })
    const fast = ['run', 'readings.ts', '-p', 'work=1', '-q']
    expect(await millrace(fast, { cwd })).toMatchObject({ code: 0, stderr: '' })
    const again = await millrace(['run', 'readings.ts'], { cwd })
    expect(again.stderr).toMatch(/already come to the end of its input .*--fresh/)
    expect([again.code, again.stdout]).toEqual([0, ''])
    expect(await millrace([...fast, '--fresh'], { cwd })).toMatchObject({ code: 0, stderr: '' })
    expect(rowsOf(join(cwd, 'out/readings')).rows).toEqual(expected)
    expect(readFileSync(join(cwd, 'out/notes.txt'), 'utf8')).toBe('mine')
    // A new state folder knows nothing of the rows that are there.
    const mixed = await millrace([...fast, '--state', 'elsewhere'], { cwd })
    expect(mixed.stderr).toMatch(/^millrace: ML_SINK_EXISTS: /)
    expect(mixed.code).toBe(1)
  })

  test('with a damaged newest checkpoint goes on from the one before, with a warning', async () => {
    const cwd = folderWith({ ...files, 'readings.ts': readings({ work: true, sink: "jsonl('out/readings')" }) })
    const { child, ended } = await underWay(cwd)
    child.kill('SIGKILL')
    await ended
    const state = join(cwd, '.millrace/readings')
    const checkpoints = readdirSync(state).filter((name) => name.startsWith('chk-'))
    const whole = checkpoints.sort().filter((name) => readdirSync(join(state, name)).includes('manifest.json'))
    truncateSync(join(state, whole.at(-1) as string, 'state.bin'), 20)
    expect(await goesOn(cwd)).toMatch(/checkpoint \d+ is damaged and passed over: ML_CORRUPT: .*state\.bin, offset \d+/)
  })
})

test('a record that kills its process is rejected after three deaths at it, and the stream goes on', async () => {
  const poison = 'r.value === 3.5 && r.sensor === "s1" && r.at > 1_600_000_500_000 && r.at < 1_600_000_560_000'
  const hog = `{ const hog: string[][] = []; for (;;) hog.push(new Array<string>(1_000_000).fill(r.sensor)) }`
  const map = `((): typeof r => { if (${poison}) ${hog} return r })()`
  const cwd = folderWith({ 'readings.ts': readings({ map }), 'raw.csv': rawReadings(3000) })
  const options = { cwd, node: ['--max-old-space-size=60'] }
  const deaths = []
  for (let run = 1; run <= 6; run++) {
    const { code, signal, stderr, stdout } = await millrace(
      ['run', 'readings.ts', '--checkpoint-records', '100'],
      options,
    )
    if (code === 0) {
      expect(stderr).toMatch(
        /a record that killed the process again and again is rejected: source "raw", raw\.csv, position \d+, at/,
      )
      expect(stdout).toContain('rejected  1 by operator raw.map-1')
      break
    }
    deaths.push(signal ?? code)
  }
  expect(deaths).toHaveLength(4)
  const [letter] = rowsOf(join(cwd, 'out/readings-rejected')).rows.map((row) => JSON.parse(row))
  expect(letter).toMatchObject({
    code: 'ML_POISON',
    source: 'raw',
    split: 'raw.csv',
    value: { value: 3.5, sensor: 's1' },
  })
  expect(rowsOf(join(cwd, 'out/readings')).rows).toHaveLength(2999)
})
