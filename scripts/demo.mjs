/**
 * `npm run demo`: predicts at departure and learns at landing, on every flight that left New York in 2013. Installs and
 * builds first where that is needed; goes on where it was interrupted; starts anew when it had finished. What follows
 * `--` goes to `millrace run`.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import './bootstrap.mjs'
import { repository } from './repository.mjs'

const state = join(repository, '.millrace/flight-delays')
const given = process.argv.slice(2)
// Who wants to read the output by program, or with other folders, gets the bare command.
const isPlain = given.length === 0
const before = await lastStatus()
const args = [join(repository, 'dist/cli/main.cjs'), 'run', 'examples/flight-delays.ts', ...given]
if (isPlain && before === 'finished') args.push('--fresh')
if (isPlain) console.log(`${introduction(before)}\n`)

const child = spawn(process.execPath, args, { cwd: repository, stdio: 'inherit' })
// Ctrl-C reaches both processes: this one waits for the final checkpoint of the other. What a service manager sends is
// passed on.
process.on('SIGINT', () => {})
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', async (code, signal) => {
  if (isPlain && code === 0) console.log(`\n${whatNext(await lastStatus())}`)
  process.exit(signal === null ? code : 1)
})

/** How the last run ended, as its newest checkpoint says; undefined where there is none that can be read. */
async function lastStatus() {
  const module = (path) => import(pathToFileURL(join(repository, 'dist', path)).href)
  const { newestCheckpoint } = await module('runtime/local/inspect.js')
  const { readManifest } = await module('runtime/local/checkpoint-folder.js')
  const { nodeStorage } = await module('storage/node-storage.js')
  try {
    return (await readManifest(nodeStorage, await newestCheckpoint(state))).status
  } catch {
    return undefined
  }
}

function introduction(status) {
  const how = {
    finished: 'The last run had come to its end: this one starts anew.',
    suspended: 'The last run was stopped: this one goes on where it was.',
    running: 'The last run died: this one goes on from its last checkpoint.',
  }
  return [
    'Will this flight arrive more than 15 minutes late? All 336,776 flights that left New York in 2013, as two streams.',
    'Each is scored at its scheduled departure, before it is known; the label comes hours later, when the flight lands,',
    'and the model learns from it. Stop it at any moment (Ctrl-C, kill -9) and run it again: nothing is lost or doubled.',
    ...(how[status] === undefined ? [] : [how[status]]),
  ].join('\n')
}

function whatNext(status) {
  const done = status === 'finished'
  const next = [
    ['node dist/cli/main.cjs inspect .millrace/flight-delays', 'all weights, positions and sizes in the checkpoint'],
    done && ['head -3 out/scores/part-00000.jsonl', 'what was predicted, from what, by which step of the model'],
    ['npm run demo', done ? 'once more; interrupt it this time' : 'goes on from here'],
    ['examples/flight-delays.ts', 'the whole program, to edit'],
  ].filter(Boolean)
  const width = Math.max(...next.map(([what]) => what.length))
  return ['next', ...next.map(([what, why]) => `  ${what.padEnd(width)}  ${why}`)].join('\n')
}
