// Runs a script in a process of its own and says what it cost: CPU seconds, wall seconds, peak memory.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const hook = fileURLToPath(new URL('./usage-hook.cjs', import.meta.url))

/**
 * @param {string[]} args script and its arguments
 * @returns {Promise<{ cpu: number, wall: number, rssMb: number, out: string }>}
 */
export function measure(args, { cwd = process.cwd() } = {}) {
  // Certificates that an environment adds to Node's own are read at the start of every process, which a program does not ask for.
  const { NODE_EXTRA_CA_CERTS: _unread, ...env } = process.env
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--require', hook, ...args], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    })
    let out = ''
    let usage = ''
    child.stdout.on('data', (data) => (out += data))
    child.stdio[3].on('data', (data) => (usage += data))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code !== 0) reject(new Error(`${args.join(' ')} ended with code ${code}`))
      else resolve({ ...JSON.parse(usage), out })
    })
  })
}

/** The middle value. */
export function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

/** Measures two scripts in turns, so that a machine that speeds up or slows down does so for both. */
export async function inTurns(first, second, rounds, options) {
  const results = [[], []]
  for (let i = 0; i < rounds; i++) {
    results[0].push(await measure(first, options))
    results[1].push(await measure(second, options))
  }
  return results
}

/** One line of the result: what, figure, limit, and whether it holds. */
export function line(what, figure, limit, holds) {
  console.log(`${holds ? 'holds ' : 'MISSES'}  ${what.padEnd(64)} ${figure.padStart(16)}   ${limit}`)
  return holds
}
