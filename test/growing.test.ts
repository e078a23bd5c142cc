// Files that grow, through the death of the process: three writers append, rotate and drop files while the program is killed
// with SIGKILL at random moments. KILL_SEED=S repeats a failure, GROWING_KILLS=200 does more of it.
import { randomInt } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { Xoshiro128 } from '../src/numeric/xoshiro128.ts'
import { folderWith, type RunningProgram, rowsOf, start } from './cli-process.ts'
import { repository } from './source-files.ts'

const kills = Number(process.env.GROWING_KILLS ?? 8)
const seed = Number(process.env.KILL_SEED ?? randomInt(1_000_000_000))
const HISTORY_ROWS = 3000

/** Appends rows, some of them torn in two, and rotates its file now and then. */
class RotatingWriter {
  rows: number
  readonly #path: string
  readonly #line: (n: number) => string
  readonly #head: string
  #rotations = 0
  #rest = ''

  constructor(path: string, line: (n: number) => string, head = '', first = 0) {
    this.#path = path
    this.#line = line
    this.#head = head
    this.rows = first
  }

  write(rows: number, tearAt: number): void {
    let text = this.#rest
    if (!existsSync(this.#path)) text = this.#head + text
    for (let left = rows; left > 0; left--) text += this.#line(this.rows++)
    const end = text.length - tearAt
    appendFileSync(this.#path, text.slice(0, end))
    this.#rest = text.slice(end)
  }

  /** Generations keep their number: nothing is deleted that may not have been read. */
  rotate(): void {
    if (!existsSync(this.#path) || this.#rest !== '') return
    renameSync(this.#path, `${this.#path}.${this.#rotations++}`)
  }
}

test(`${kills} kills while files grow, are rotated and appear: every row once, in order`, {
  timeout: 600_000,
}, async () => {
  const random = new Xoshiro128(seed)
  const at = (n: number) => 1_700_000_000_000 + n * 10
  const json = (n: number) => `{"n":${n},"at":${at(n)}}\n`
  const cell = (n: number) => `${n},${at(n)}\n`
  const history = Array.from({ length: HISTORY_ROWS }, (_unused, n) => cell(n)).join('')
  const folder = folderWith({ 'history.csv': `n,at\n${history}` })
  mkdirSync(join(folder, 'inbox'))
  const log = new RotatingWriter(join(folder, 'log.jsonl'), json)
  const since = new RotatingWriter(join(folder, 'since.csv'), cell, 'n,at\n', HISTORY_ROWS)
  let dropped = 0
  let files = 0
  const drop = (rows: number) => {
    const text = Array.from({ length: rows }, () => json(dropped++)).join('')
    const name = join(folder, 'inbox', `${String(files++).padStart(6, '0')}.jsonl`)
    writeFileSync(`${name}.tmp`, text)
    renameSync(`${name}.tmp`, name)
  }
  const writing = setInterval(() => {
    log.write(1 + random.nextInt(40), random.nextInt(3) === 0 ? random.nextInt(20) : 0)
    since.write(1 + random.nextInt(40), random.nextInt(3) === 0 ? random.nextInt(10) : 0)
    if (random.nextInt(12) === 0) log.rotate()
    if (random.nextInt(12) === 0) since.rotate()
    if (random.nextInt(4) === 0) drop(1 + random.nextInt(30))
  }, 10)

  const pipeline = join(repository, 'test/kills/growing.ts')
  const args = ['run', pipeline, '--base', folder, '--checkpoint-every', '50ms']
  let running: RunningProgram | undefined
  try {
    for (let left = kills; left > 0; left--) {
      running = start(args, { cwd: folder })
      // Some in the middle of a start, most while it reads.
      await new Promise((resolve) => setTimeout(resolve, 300 + random.nextInt(1500)))
      running.child.kill('SIGKILL')
      const { signal, stderr } = await running.ended
      expect(signal, `KILL_SEED=${seed}\n${stderr}`).toBe('SIGKILL')
    }
    clearInterval(writing)
    log.write(1, 0)
    since.write(1, 0)
    running = start(args, { cwd: folder })
    const counts = () => ['tail', 'watch', 'hybrid'].map((name) => rowsOf(join(folder, 'out', name)).rows.length)
    await vi.waitFor(() => expect(counts()).toEqual([log.rows, dropped, since.rows]), {
      timeout: 120_000,
      interval: 100,
    })
    running.child.kill('SIGTERM')
    const { code, stderr } = await running.ended
    expect(code, stderr).toBe(0)
  } catch (error) {
    running?.child.kill('SIGKILL')
    throw new Error(`KILL_SEED=${seed}: ${(error as Error).message}`, { cause: error })
  } finally {
    clearInterval(writing)
  }
  for (const [name, rows] of [
    ['tail', log.rows],
    ['watch', dropped],
    ['hybrid', since.rows],
  ] as const) {
    const expected = Array.from({ length: rows }, (_unused, n) => `{"n":${n},"of":${n + 1}}`)
    expect(rowsOf(join(folder, 'out', name)).rows, `KILL_SEED=${seed}: ${name}`).toEqual(expected)
  }
  console.log(
    `${log.rows} rows of a rotated file, ${dropped} of ${files} files, ${since.rows} of history and what follows it`,
  )
})
