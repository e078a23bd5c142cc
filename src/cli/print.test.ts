import { execFileSync, spawn } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const LINES = 20_000
let folder: string
let program: string

/** A program that prints many lines, then says on standard error that it came to its end. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-print-'))
  program = join(folder, 'program.cjs')
  const contents = `import { print } from './print.ts'
    for (let i = 0; i < ${LINES}; i++) print('line ' + i + '\\n')
    process.stderr.write('the end')`
  const stdin = { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' as const }
  await build({ stdin, bundle: true, platform: 'node', format: 'cjs', outfile: program })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const whole = Array.from({ length: LINES }, (_, i) => `line ${i}\n`).join('')

describe.runIf(process.platform !== 'win32')('printing', () => {
  test('loses nothing where the pipe takes no more for a while and does not wait', async () => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    const from = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK)
    const to = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK)
    // By way of descriptor 3: Node makes the first three wait before it starts a program.
    const shell = ['-c', 'exec "$0" "$1" >&3', process.execPath, program]
    const child = spawn('sh', shell, { stdio: ['ignore', 'ignore', 'ignore', to] })
    const ended = new Promise((resolve) => child.on('close', resolve))
    closeSync(to)
    let read = ''
    const room = Buffer.alloc(16 << 10)
    for (let last = -1; last !== 0; ) {
      try {
        last = readSync(from, room)
        read += room.toString('utf8', 0, last)
      } catch (error) {
        expect(error).toMatchObject({ code: 'EAGAIN' })
        last = -1
      }
      await setTimeout(20)
    }
    closeSync(from)
    expect(await ended).toBe(0)
    expect(read).toBe(whole)
  })

  test('drops what nobody reads, and the program goes on to its end', async () => {
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    let said = ''
    child.stderr.on('data', (text) => {
      said += text
    })
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0)
    expect(said).toBe('the end')
  })

  test('writes to a file what it writes to a pipe', async () => {
    const path = join(folder, 'out')
    const to = openSync(path, 'w')
    const child = spawn(process.execPath, [program], { stdio: ['ignore', to, 'ignore'] })
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0)
    closeSync(to)
    expect(readFileSync(path, 'utf8')).toBe(whole)
  })
})
