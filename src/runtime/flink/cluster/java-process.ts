/** Java processes that outlive the program that starts them; whose a pid is, and its end. */
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { processMark } from './cluster-config.ts'
import type { ClusterHome, ClusterProcess } from './cluster-home.ts'

/** A name that no process had before. */
export function freshId(role: string): string {
  return `${role}-${randomBytes(4).toString('hex')}`
}

/** Starts it in a process group of its own, so that a Ctrl-C in the terminal does not reach it. */
export function startJava(
  java: string,
  args: readonly string[],
  home: ClusterHome,
  { role, id }: { readonly role: string; readonly id: string },
): Promise<ClusterProcess> {
  const output = openSync(home.output(role), 'w')
  const env = { ...process.env, FLINK_CONF_DIR: home.conf, FLINK_PLUGINS_DIR: `${home.scratch}/plugins` }
  const child = spawn(java, args, { cwd: home.path, env, detached: true, stdio: ['ignore', output, output] })
  closeSync(output)
  child.unref()
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', () => resolve({ role, pid: child.pid as number, id }))
  })
}

/** True while the process lives and is that of this home: pids are given again. */
export function isAlive(home: ClusterHome, { role, pid }: Pick<ClusterProcess, 'role' | 'pid'>): boolean {
  return commandLine(pid).includes(processMark(home, role))
}

/** Ends the processes that are still ours: asked first, and killed where that does not help. */
export async function endAll(home: ClusterHome, processes: readonly ClusterProcess[]): Promise<void> {
  const alive = () => processes.filter((one) => isAlive(home, one))
  for (const one of alive()) signal(one, 'SIGTERM')
  if (await gone(alive, GRACE_MS)) return
  for (const one of alive()) signal(one, 'SIGKILL')
  await gone(alive, GRACE_MS)
}

const GRACE_MS = 10_000
const LOOK_MS = 50

async function gone(alive: () => readonly ClusterProcess[], withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs
  while (alive().length > 0) {
    if (performance.now() > until) return false
    await delay(LOOK_MS)
  }
  return true
}

function signal({ pid }: ClusterProcess, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended meanwhile.
  }
}

/** Empty for a pid that nobody has, and for a process that has ended and waits for its parent to notice. */
function commandLine(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' })
  } catch {
    return ''
  }
}
