import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { systemCode } from './storage-error.ts'

/** What tells one process from every other, also from a later one that was given the same pid. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it was started, in clock ticks since boot, as text; '' where the system does not say (not Linux). */
  readonly started: string
  /** The boot of the machine; ''  where unknown. */
  readonly boot: string
  /** The pid namespace (containers have their own); '' where unknown. */
  readonly space: string
  readonly host: string
}

/** `hidden`: it runs, if at all, on another machine or in another container, where this process cannot look. */
export type ProcessState = 'alive' | 'dead' | 'hidden'

/** The processes of the machine, as a lock needs to know them; a port, so that tests can kill without killing. */
export interface Processes {
  self(): ProcessIdentity
  stateOf(process: ProcessIdentity): ProcessState
}

export const nodeProcesses: Processes = {
  self() {
    return {
      pid: process.pid,
      started: procStat(process.pid)?.started ?? '',
      boot: textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
      space: textOf(() => readlinkSync('/proc/self/ns/pid')),
      host: hostname(),
    }
  },

  stateOf(other) {
    const self = nodeProcesses.self()
    if (other.host !== self.host) return 'hidden'
    if (differ(other.boot, self.boot)) return 'dead'
    if (differ(other.space, self.space)) return 'hidden'
    if (!pidExists(other.pid)) return 'dead'
    const now = procStat(other.pid)
    if (now === undefined) return 'alive'
    // A zombie has ended and only waits for its parent to notice.
    return now.state === 'Z' || now.state === 'X' || differ(other.started, now.started) ? 'dead' : 'alive'
  },
}

function differ(a: string, b: string): boolean {
  return a !== '' && b !== '' && a !== b
}

function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCode(error) !== 'ESRCH'
  }
}

/** State and start time of /proc/<pid>/stat; the name before them, in parentheses, may itself hold parentheses. */
function procStat(pid: number): { state: string; started: string } | undefined {
  const text = textOf(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  // Counted from 1 as proc(5) does: state is field 3, starttime field 22; `fields` begins with field 3.
  return fields.length < 20 ? undefined : { state: fields[0], started: fields[19] }
}

function textOf(read: () => string): string {
  try {
    return read().trim()
  } catch {
    return ''
  }
}
