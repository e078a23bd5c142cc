// Every parser under fuzzing for a while with a new seed, and the fuzzer itself with faults that were put there on purpose.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { repository } from './source-files.ts'

const SECONDS = process.env.CI === undefined ? 20 : 60
const folder = mkdtempSync(join(tmpdir(), 'millrace-fuzz-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function fuzz(...args: string[]): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['fuzz/run.mjs', ...args], { cwd: repository })
    let output = ''
    child.stdout.on('data', (data) => (output += String(data)))
    child.stderr.on('data', (data) => (output += String(data)))
    child.on('close', (status) => resolve({ status, output }))
  })
}

describe('fuzzing', () => {
  test(
    'no bytes make a parser do anything but return or refuse them',
    async () => {
      const { status, output } = await fuzz('--seconds', String(SECONDS))
      expect(status === 0 ? '' : output).toBe('')
      expect(output.match(/: \d+ inputs/g)?.length).toBeGreaterThanOrEqual(14)
    },
    SECONDS * 1000 + 240_000,
  )

  test('finds an error, makes its input small, and plays it again', async () => {
    const { status, output } = await fuzz('--target', 'planted-error', '--seconds', '60', '--seed', '3')
    expect(output).toMatch(/planted-error FAILS at input \d+ of seed 3: TypeError: planted/)
    expect(output).toMatch(/4 bytes: 00000000\n/)
    expect(status).toBe(1)
    const file = join(folder, 'planted-error-3-0.hex')
    writeFileSync(file, '01000405')
    expect(await fuzz('--replay', file)).toEqual({
      status: 1,
      output: expect.stringContaining('planted-error: TypeError: planted'),
    })
    writeFileSync(file, '01020304')
    expect(await fuzz('--replay', file)).toEqual({ status: 0, output: 'fuzz: planted-error: does not fail\n' })
  }, 120_000)

  test('finds an input that is never done with, and one that fills the heap', async () => {
    const loop = await fuzz('--target', 'planted-loop', '--seconds', '60', '--hang', '3')
    expect(loop.output).toMatch(/planted-loop FAILS at input \d+ of seed \d+: hangs for 3 s/)
    expect(loop.output).toMatch(/\d bytes: [0-9a-f]*00[0-9a-f]*\n/)
    expect(loop.status).toBe(1)
    const heap = await fuzz('--target', 'planted-heap', '--seconds', '60')
    expect(heap.output).toMatch(/planted-heap FAILS at input \d+ of seed \d+: the process ended with/)
    expect(heap.output).toMatch(/\d bytes: [0-9a-f]*00[0-9a-f]*\n/)
    expect(heap.status).toBe(1)
  }, 180_000)
})
