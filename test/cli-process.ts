// The real program as a child process, for tests of what a stranger meets. It runs what `npm run build` has made.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'
import { repository } from './source-files.ts'

const program = join(repository, 'dist/cli/main.cjs')

/** The program as a shell starts it. */
export const programCommand = `'${process.execPath}' '${program}'`

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningProgram {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves once either output matches; rejects when the program ends without it. */
  said(text: RegExp): Promise<void>
}

export interface ProgramOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** Flags for Node itself. */
  readonly node?: readonly string[]
}

export function start(args: readonly string[], { cwd, env, node = [] }: ProgramOptions): RunningProgram {
  if (!existsSync(program)) throw new Error(`${program} is missing: run npm run build, or npm test, which does`)
  const child = spawn(process.execPath, [...node, program, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  const waiting = new Set<() => void>()
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text
      for (const look of waiting) look()
    })
  }
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, ...output }))
  })
  const said = (text: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!text.test(output.stdout) && !text.test(output.stderr)) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
      void ended.then(() => reject(new Error(`it ended without saying ${text}:\n${output.stderr}${output.stdout}`)))
    })
  return { child, ended, said }
}

/** Runs the program to its end. */
export function millrace(args: readonly string[], options: ProgramOptions): Promise<Ended> {
  return start(args, options).ended
}

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A new folder with these files in it, removed after the tests. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'))
  folders.push(folder)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

/** All rows of a sink's parts in their order, and the names of the parts. */
export function rowsOf(folder: string): { rows: string[]; parts: string[] } {
  const parts = readdirSync(folder)
    .filter((name) => name.startsWith('part-'))
    .sort()
  const text = parts.map((name) => readFileSync(join(folder, name), 'utf8')).join('')
  return { rows: text.split('\n').slice(0, -1), parts }
}

/**
 * A pipeline of readings, `at,sensor,value`, whose `map` does what the test asks for. With `work` a record
 * takes some hundred microseconds, so that a run is always met under way; the param `work` makes it fast again.
 */
export function readings({
  map = 'r',
  work = false,
  sink = "jsonl('out/readings', { partBytes: 60_000 })",
} = {}): string {
  return `import { number, pipeline, record, string, time } from 'millrace'
import { csv, jsonl } from 'millrace/file'
import { stdout } from 'millrace/stdout'

const Reading = record({ at: time({ unit: 'ms' }), sensor: string(), value: number() })

export default pipeline('readings', ({ from, params }) => {
  const busy = (times: number) => {
    let sum = 0
    for (let i = 0; i < times; i++) sum = (sum * 31 + i) % 1_000_003
    return sum
  }
  from('raw', csv(params.raw, Reading), { eventTime: (r) => r.at })
    .map((r) => {
      ${work ? 'if (busy(params.work) < 0) throw new Error()' : ''}
      return ${map}
    })
    .to('readings', ${sink})
  void [jsonl, stdout, busy]
}, { params: { raw: 'raw.csv', limit: 10, dbPassword: 'none', work: 80_000 } })
`
}

/** Readings of three sensors, one a second. */
export function rawReadings(count: number): string {
  const rows = Array.from({ length: count }, (_unused, i) => `${1_600_000_000_000 + i * 1000},s${i % 3},${i % 17}.5`)
  return `at,sensor,value\n${rows.join('\n')}\n`
}
