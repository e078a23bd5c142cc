/**
 * `npm run check`: everything a commit must pass, each part within its time. The import arrow, purity and tidiness are
 * tests like the others. Goes through all parts even when one fails, then closes with one line, `N passed, N failed`:
 * every test counts, and every other part counts as one.
 *
 *   npm run check [-- types lint tests package]
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import './bootstrap.mjs'
import { repository } from './repository.mjs'

const results = join(repository, '.cache/tests.json')
const bin = (name) => join(repository, 'node_modules/.bin', name)
const vitest = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${results}`]
const parts = [
  { part: 'types', name: 'tsc', command: [bin('tsc'), '--noEmit', '-p', '.'], budgetSeconds: 120 },
  { part: 'lint', name: 'biome', command: [bin('biome'), 'check', '--error-on-warnings'], budgetSeconds: 60 },
  { part: 'tests', name: 'vitest', command: [bin('vitest'), ...vitest], budgetSeconds: 2700 },
  { part: 'package', name: 'publint', command: [bin('publint'), '--strict'], budgetSeconds: 60 },
  { part: 'package', name: 'attw', command: [bin('attw'), '--pack', '.', '--profile', 'esm-only'], budgetSeconds: 120 },
  { part: 'package', name: 'knip', command: [bin('knip'), '--no-progress'], budgetSeconds: 60 },
]
/** No test file may take longer than this, except those that say why here. */
const fileBudgetSeconds = 120
const fileBudgets = {
  'test/accuracy.test.ts': 300, // sixty evaluations of real data, half a million records the largest
  'test/kill.test.ts': 240, // a hundred starts of the real program
  'test/flink/pipelines.test.ts': 240, // forty jobs on a Flink cluster
  'test/flink/flights.test.ts': 300, // a year of flights seven times, killed and rescaled
  'test/flink/kafka.test.ts': 720, // twenty kills of task managers and five of a broker under jobs from Kafka to Kafka: half a minute a pair
  'test/flink/cluster.test.ts': 240, // starts a Flink cluster several times
  'test/flink/host.test.ts': 300, // Maven compiles the host, and tests it in a JVM of its own
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !parts.some(({ part }) => part === name))
if (unknown.length > 0) {
  console.error(`check: no part ${unknown.join(', ')}; there are types, lint, tests and package`)
  process.exit(2)
}

mkdirSync(join(repository, '.cache'), { recursive: true })
let passed = 0
let failed = 0
for (const { part, name, command, budgetSeconds } of parts) {
  if (wanted.length > 0 && !wanted.includes(part)) continue
  if (part === 'tests') rmSync(results, { force: true })
  const startedAt = performance.now()
  const problem = await run(command, budgetSeconds, part !== 'tests')
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`\n== ${name}: ${problem ?? 'passed'} in ${seconds} s`)
  if (part === 'tests') countTests(problem)
  else if (problem === undefined) passed++
  else failed++
}
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

/** Runs a program to its end or to the end of its time; says what went wrong. What the linters print is shown on failure. */
function run([program, ...args], budgetSeconds, quiet) {
  return new Promise((resolve) => {
    const output = quiet ? 'pipe' : 'inherit'
    const child = spawn(program, args, { cwd: repository, stdio: ['ignore', output, output], detached: true })
    const printed = []
    if (quiet) for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => printed.push(chunk))
    let late = false
    const timer = setTimeout(() => {
      late = true
      process.kill(-child.pid, 'SIGKILL') // its own process group: workers end with it
    }, budgetSeconds * 1000)
    const stop = () => process.kill(-child.pid, 'SIGTERM')
    process.once('SIGINT', stop)
    const end = (problem) => {
      clearTimeout(timer)
      process.removeListener('SIGINT', stop)
      if (problem !== undefined) process.stdout.write(Buffer.concat(printed))
      resolve(problem)
    }
    child.on('error', (error) => end(error.message))
    child.on('close', (code, signal) => {
      if (late) end(`failed: over its budget of ${budgetSeconds} s`)
      else end(code === 0 ? undefined : `failed with ${signal ?? `exit code ${code}`}`)
    })
  })
}

/** Adds up the tests; a file that could not be loaded, ran over its time, or an error outside any test fails too. */
function countTests(problem) {
  const before = failed
  const files = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')).testResults : []
  for (const { name, status, startTime, endTime, assertionResults } of files) {
    const path = relative(repository, name)
    passed += assertionResults.filter((test) => test.status === 'passed').length
    const failures = assertionResults.filter((test) => test.status === 'failed').length
    failed += failures
    if (status === 'failed' && failures === 0) failed++
    const seconds = (endTime - startTime) / 1000
    const budget = fileBudgets[path] ?? fileBudgetSeconds
    if (seconds > budget) {
      failed++
      console.log(`== ${path} took ${seconds.toFixed(1)} s; its budget is ${budget} s`)
    }
  }
  if (problem !== undefined && failed === before) failed++
}
