// How long after a kill -9, and a start again, the first output is committed: with little state and with much.
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { line, median } from './measure.mjs'

const cli = new URL('../dist/cli/main.cjs', import.meta.url).pathname
const pipeline = new URL('./work/recover-pipeline.mjs', import.meta.url).pathname
/** Bytes of state that one key takes here, about: its model, its name and its share of the tables. */
const KEY_BYTES = 125

export async function recovery({ folder }) {
  const held = []
  for (const [what, bytes, limit, rounds] of [
    ['10 MB', 10e6, 1, 5],
    ['1 GiB', 2 ** 30, 10, 1],
  ]) {
    const base = join(folder, `recovery-${bytes}`)
    mkdirSync(base)
    const keys = Math.ceil(bytes / KEY_BYTES)
    // Each key once, then enough to go on with.
    writeEvents(join(base, 'events.jsonl'), keys, Math.max(keys, 2_000_000))
    const times = []
    let size = 0
    try {
      await runUntil(base, (manifest) => manifest.ledgers.sources.events.in > keys)
      for (let round = 0; round < rounds; round++) {
        const before = newest(base)
        size = before.manifest.state.sizeBytes
        const start = performance.now()
        await runUntil(base, (manifest) => manifest.id > before.manifest.id)
        times.push((performance.now() - start) / 1000)
      }
    } finally {
      rmSync(base, { recursive: true, force: true })
    }
    const seconds = median(times)
    const title = `kill -9 to first committed output, ${(size / 1e6).toFixed(0)} MB of state (${what} asked)`
    held.push(line(title, `${seconds.toFixed(2)} s`, `<= ${limit} s`, seconds <= limit))
  }
  return held.every(Boolean)
}

/** Starts the run and kills it when a checkpoint is as wanted. */
async function runUntil(base, wanted) {
  const args = [cli, 'run', pipeline, '--base', base, '-q', '--checkpoint-every', '100ms']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = new Promise((resolve) => child.on('exit', resolve))
  try {
    for (;;) {
      const found = newest(base)
      if (found !== undefined && wanted(found.manifest)) return
      if (child.exitCode !== null)
        throw new Error(`the run ended with code ${child.exitCode} before it could be killed`)
      await delay(2)
    }
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}

/** The newest checkpoint that has a manifest. */
function newest(base) {
  const state = join(base, '.millrace/recover')
  let names
  try {
    names = readdirSync(state).filter((name) => name.startsWith('chk-'))
  } catch {
    return undefined
  }
  for (const name of names.sort().reverse()) {
    try {
      return { name, manifest: JSON.parse(readFileSync(join(state, name, 'manifest.json'), 'utf8')) }
    } catch {
      // Being written, or just removed.
    }
  }
  return undefined
}

function writeEvents(path, keys, more) {
  const fd = openSync(path, 'w')
  let text = ''
  for (let i = 0; i < keys + more; i++) {
    const user = i < keys ? i : Math.imul(i, 0x9e3779b1) >>> 0
    text += `{"user":"u${user % keys}","f0":${(i % 17) / 17},"f1":${(i % 5) / 5},"f2":${(i % 3) / 3},"clicked":${i % 3 === 0}}\n`
    if (text.length > 1 << 20) {
      writeSync(fd, text)
      text = ''
    }
  }
  writeSync(fd, text)
  closeSync(fd)
}
