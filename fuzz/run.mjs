/**
 * `npm run fuzz -- [--target NAME] [--seconds N] [--seed S]`: throws bytes at every parser: mutations of valid inputs and
 * inputs drawn from a description. A parser fails by an exception that is no MillraceError, by a broken promise that its
 * target looks for (the same from all chunkings, the same as a plain reference, ...), by more than a second of CPU time for
 * one input, or by memory.
 *
 *   --target NAME   one of them; all by default            --seed S        of the inputs; printed, new by default
 *   --seconds N     in all, 60 by default                   --replay FILE   one input again: hexadecimal text
 *   --hang N        seconds after which an input counts as one that never ends, 20 by default
 *
 * Each target runs in a process of its own with a small heap. A failing input is made smaller, printed, and kept in
 * out/fuzz/. Exits with 1 when there was one.
 */
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(randomInt(1_000_000_000)) },
    replay: { type: 'string' },
    hang: { type: 'string', default: '20' },
  },
})
const HEAP_MIB = 256
/** As in child.ts. */
const WINDOW = 128

const repository = fileURLToPath(new URL('..', import.meta.url))
const kept = join(repository, 'out/fuzz')
mkdirSync(kept, { recursive: true })
// Within the repository, so that the script finds the packages it needs.
const folder = mkdtempSync(join(kept, 'run-'))
process.once('SIGINT', () => {
  rmSync(folder, { recursive: true, force: true })
  process.exit(130)
})
const hangMs = 1000 * wholeNumber('hang')
const script = join(folder, 'child.mjs')
await build({
  entryPoints: [fileURLToPath(new URL('child.ts', import.meta.url))],
  outfile: script,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  tsconfig: join(repository, 'tsconfig.json'),
  sourcemap: 'inline',
  logLevel: 'error',
})

let failed = 0
try {
  const { result: names, end } = await child(['--list'])
  if (names === undefined) throw new Error(`the targets cannot be loaded: ${end}`)
  if (values.replay !== undefined) await replay(names)
  else await all(names)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = failed > 0 ? 1 : 0

async function all(names) {
  const known = [...names, 'planted-error', 'planted-loop', 'planted-heap']
  const chosen = values.target === undefined ? names : known.filter((name) => name === values.target)
  if (chosen.length === 0) usage(`there is no target ${values.target}; there are ${names.join(', ')}`)
  const [seed, seconds] = [wholeNumber('seed'), wholeNumber('seconds')]
  console.log(`fuzz: seed ${seed}, ${chosen.length} targets, ${seconds} s`)
  for (const name of chosen) await one(name, seed, seconds / chosen.length)
}

async function one(name, seed, seconds) {
  const progress = join(folder, `${name}.progress`)
  const args = ['--target', name, '--seed', String(seed), '--seconds', String(seconds), '--progress', progress]
  const { result, end } = await child(args, () => lastIndex(progress))
  if (result !== undefined && result.why === undefined) {
    console.log(`fuzz: ${name}: ${result.inputs} inputs`)
    return
  }
  if (result?.why.startsWith('memory')) report(name, seed, await greedy(name, seed, result))
  else report(name, seed, result ?? (await lost(name, seed, lastIndex(progress), end)))
}

/** Which of the last inputs took the memory: they run again in a process that looks after each. */
async function greedy(name, seed, result) {
  const start = String(Math.max(0, result.index - WINDOW + 1))
  const progress = join(folder, `${name}.progress`)
  const again = await child(
    ['--target', name, '--seed', String(seed), '--start', start, '--each', '--progress', progress],
    () => lastIndex(progress),
  )
  return again.result?.why === undefined ? result : again.result
}

/** The child is gone, or was ended: makes the input again that it had under way. */
async function lost(name, seed, index, why) {
  const file = join(folder, 'input.hex')
  await child(['--target', name, '--seed', String(seed), '--start', String(index), '--emit', file])
  return { index, why, hex: readFileSync(file, 'utf8') }
}

function report(name, seed, { index, why, hex }) {
  failed++
  const file = join(kept, `${name}-${seed}-${index}.hex`)
  writeFileSync(file, hex)
  console.log(`fuzz: ${name} FAILS at input ${index} of seed ${seed}: ${why}`)
  console.log(`fuzz: ${hex.length / 2} bytes: ${hex.length <= 4000 ? hex : `${hex.slice(0, 4000)}...`}`)
  console.log(`fuzz: again with: npm run fuzz -- --replay ${file}`)
}

async function replay(names) {
  const name = values.target ?? /^(.+)-\d+-\d+\.hex$/.exec(basename(values.replay))?.[1]
  if (name === undefined) usage(`name the target with --target; there are ${names.join(', ')}`)
  const { result, end } = await child(['--target', name, '--replay', values.replay], () => 0)
  if (result === undefined || result.why !== undefined) failed++
  console.log(result === undefined ? `fuzz: ${name}: ${end}` : `fuzz: ${name}: ${result.why ?? 'does not fail'}`)
}

/** Runs the child to its end, or until `step` has stood still for too long. */
function child(args, step) {
  return new Promise((resolve) => {
    const options = [`--max-old-space-size=${HEAP_MIB}`, '--expose-gc', '--enable-source-maps', script, ...args]
    const running = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    running.stdout.on('data', (data) => (output += data))
    running.stderr.on('data', (data) => (errors = (errors + data).slice(-4000)))
    let last = step?.()
    let since = Date.now()
    let hung = false
    const watch = setInterval(() => {
      const now = step?.()
      if (step === undefined || now !== last) since = Date.now()
      last = now
      if (Date.now() - since < hangMs) return
      hung = true
      running.kill('SIGKILL')
    }, 500)
    running.on('close', (code, signal) => {
      clearInterval(watch)
      const line = output.trimEnd().split('\n').pop() ?? ''
      const result = code === 0 && line !== '' ? JSON.parse(line) : undefined
      const end = hung ? `hangs for ${hangMs / 1000} s` : `the process ended with ${signal ?? code}: ${errors}`
      resolve({ result, end })
    })
  })
}

function lastIndex(progress) {
  try {
    const bytes = readFileSync(progress)
    return bytes.length === 8 ? bytes.readDoubleLE() : 0
  } catch {
    return 0
  }
}

function wholeNumber(name) {
  if (!/^\d{1,9}$/.test(values[name])) usage(`--${name} must be a whole number, not ${values[name]}`)
  return Number(values[name])
}

function usage(message) {
  console.error(`fuzz: ${message}`)
  rmSync(folder, { recursive: true, force: true })
  process.exit(2)
}
