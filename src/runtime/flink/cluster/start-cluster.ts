/**
 * `startCluster`: a standalone Flink cluster on this machine, a JobManager and some TaskManagers, from jars in a cache.
 *
 * Starting is making it so: what runs already stays, what has died is started again. Without its JobManager a cluster
 * has lost its jobs, and everything is started anew.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { MillraceError } from '../../../errors.ts'
import { freePort, isFree } from '../../../java/port.ts'
import { javaCommand } from '../../../java/tool.ts'
import { FlinkRest } from '../rest.ts'
import { configYaml, javaArguments, LOG4J_PROPERTIES } from './cluster-config.ts'
import { ClusterHome, type ClusterProcess, type ClusterRecord } from './cluster-home.ts'
import { endAll, freshId, isAlive, startJava } from './java-process.ts'
import { flinkLibraries } from './libraries.ts'
import { logCause } from './log-cause.ts'
import { stopCluster } from './stop-cluster.ts'

export interface StartOptions {
  /** Folder for configuration, logs and checkpoints; one cluster each (default: MILLRACE_FLINK_HOME, or ~/.millrace/flink). */
  readonly home?: string
  /** Default 1. */
  readonly taskManagers?: number
  /** Of each TaskManager: how many subtasks of a stage it takes (default 4). */
  readonly slots?: number
  /** Of the REST API and the web page (default 8081; 0: a free one). */
  readonly port?: number
  /** Heap of each TaskManager for records and state in MiB (default 1024). */
  readonly taskHeapMb?: number
  /** Told what takes a while. */
  readonly note?: (message: string) => void
}

export interface LocalCluster {
  readonly url: string
  readonly home: string
  readonly pids: { readonly jobManager: number; readonly taskManagers: readonly number[] }
  /** Ends its processes, whatever runs on them. */
  stop(): Promise<void>
}

const DEFAULT_PORT = 8081
/** Five seconds are usual; a machine under load takes sixteen. */
const START_MS = 120_000
const LOOK_MS = 100

/**
 * Resolves once the REST API shows all slots.
 *
 * @throws ML_JAVA_TOOL without Java or Maven; ML_FLINK_CLUSTER when the port is taken, a cluster of another shape runs in
 *   this home, or a process does not come up, with the reason from its log; ML_RANGE
 */
export async function startCluster(options: StartOptions = {}): Promise<LocalCluster> {
  for (const name of ['taskManagers', 'slots', 'taskHeapMb'] as const) checkCount(name, options[name], 1)
  checkCount('port', options.port, 0)
  const home = new ClusterHome(options.home)
  const java = await javaCommand()
  const libraries = await flinkLibraries(options.note ?? (() => {}))
  return home.locked(async () => {
    const record = await new Starter(home, java, libraries).run(options)
    const [jobManager, ...taskManagers] = record.processes.map(({ pid }) => pid)
    const stop = () => stopCluster(home.path, { force: true }).then(() => undefined)
    return { url: record.url, home: home.path, pids: { jobManager, taskManagers }, stop }
  })
}

class Starter {
  readonly #home: ClusterHome
  readonly #java: string
  readonly #libraries: string

  constructor(home: ClusterHome, java: string, libraries: string) {
    this.#home = home
    this.#java = java
    this.#libraries = libraries
  }

  async run(options: StartOptions): Promise<ClusterRecord> {
    const before = this.#home.record()
    const alive = before?.processes.filter((one) => isAlive(this.#home, one)) ?? []
    if (before !== undefined && alive.some(({ role }) => role === 'jobmanager')) {
      checkShape(before, alive, options)
      return this.#complete({ ...before, processes: alive }, options.taskManagers ?? before.processes.length - 1)
    }
    // TaskManagers without their JobManager are of no use.
    await endAll(this.#home, alive)
    return this.#complete(await this.#startJobManager(options), options.taskManagers ?? 1)
  }

  async #startJobManager({ port = DEFAULT_PORT, slots = 4, taskHeapMb = 1024 }: StartOptions): Promise<ClusterRecord> {
    if (port !== 0 && !(await isFree(port))) throw takenPort(port)
    const restPort = port === 0 ? await freePort() : port
    this.#home.prepare()
    const shape = { restPort, rpcPort: await freePort(), slots, taskHeapMb }
    writeFileSync(join(this.#home.conf, 'config.yaml'), configYaml(this.#home, shape))
    writeFileSync(join(this.#home.conf, 'log4j.properties'), LOG4J_PROPERTIES)
    const processes = [await this.#start('jobmanager', taskHeapMb)]
    return { format: 1, url: `http://127.0.0.1:${restPort}`, slots, taskHeapMb, processes }
  }

  /** Starts the TaskManagers that are missing and waits for all; on failure ends what it started. */
  async #complete(record: ClusterRecord, taskManagers: number): Promise<ClusterRecord> {
    const [jobManager, ...others] = record.processes
    const roles = Array.from({ length: taskManagers }, (_unused, index) => `taskmanager-${index + 1}`)
    const all = [jobManager]
    const found = (role: string) => others.find((one) => one.role === role)
    try {
      for (const role of roles) all.push(found(role) ?? (await this.#start(role, record.taskHeapMb)))
      const complete = { ...record, processes: all }
      // Written before waiting: what is ended here by force is found by the next start.
      await this.#home.write(complete)
      await this.#up(complete)
      return complete
    } catch (error) {
      await endAll(this.#home, all)
      this.#home.forget()
      throw error
    }
  }

  #start(role: string, taskHeapMb: number): Promise<ClusterProcess> {
    rmSync(this.#home.log(role), { force: true })
    const named = { role, id: freshId(role) }
    return startJava(this.#java, javaArguments(this.#home, this.#libraries, named, taskHeapMb), this.#home, named)
  }

  /** A JobManager counts slots of the dead for a while, so each TaskManager is looked for by its id. */
  async #up({ url, processes }: ClusterRecord): Promise<void> {
    const rest = new FlinkRest(url)
    const until = performance.now() + START_MS
    for (;;) {
      for (const one of processes) if (!isAlive(this.#home, one)) throw notUp(this.#home, one.role, 'ended')
      const shown = await rest.taskManagers().catch(() => undefined)
      const there = new Set(shown?.filter(({ slotsNumber }) => slotsNumber > 0).map(({ id }) => id))
      const missing = processes.find(({ role, id }) => role !== 'jobmanager' && !there.has(id))
      if (missing === undefined) return
      const late = shown === undefined ? 'jobmanager' : missing.role
      if (performance.now() > until) throw notUp(this.#home, late, `is not up after ${START_MS / 1000} s`)
      await delay(LOOK_MS)
    }
  }
}

function checkCount(where: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= 65_535)) return
  throw new MillraceError('ML_RANGE', {
    what: 'must be a whole number',
    got: value,
    where,
    remedy: `Give ${least} or more, 65535 at most`,
  })
}

/** What runs cannot be given another shape; more TaskManagers can join it. */
function checkShape(running: ClusterRecord, alive: readonly ClusterProcess[], options: StartOptions): void {
  const { port, slots = running.slots, taskHeapMb = running.taskHeapMb, taskManagers = alive.length } = options
  const samePort = port === undefined || port === 0 || running.url.endsWith(`:${port}`)
  if (samePort && slots === running.slots && taskHeapMb === running.taskHeapMb && taskManagers >= alive.length - 1)
    return
  throw new MillraceError('ML_FLINK_CLUSTER', {
    what: 'a cluster of another shape runs already',
    got: `${alive.length - 1} TaskManagers of ${running.slots} slots`,
    where: running.url,
    remedy: 'Stop it with "millrace flink stop" first, or set MILLRACE_FLINK_HOME for a second cluster',
  })
}

function takenPort(port: number): MillraceError {
  return new MillraceError('ML_FLINK_CLUSTER', {
    what: `port ${port} is taken by another program`,
    where: `127.0.0.1:${port}`,
    remedy: 'Give another one with --port (0 finds a free one), or end that program',
  })
}

function notUp(home: ClusterHome, role: string, how: string): MillraceError {
  return new MillraceError('ML_FLINK_CLUSTER', {
    what: `the process ${role} ${how}: ${logCause(home, role)}`,
    where: home.log(role),
    remedy: 'Its log has the whole story; all processes of this start were ended',
  })
}
