/** `millrace flink start | status | stop`: the cluster of this machine. */
import { MillraceError } from '../errors.ts'
import { JAVA_OPENS } from '../runtime/flink/cluster/cluster-config.ts'
import { ClusterHome } from '../runtime/flink/cluster/cluster-home.ts'
import { type ClusterStatus, clusterStatus } from '../runtime/flink/cluster/cluster-status.ts'
import { startCluster } from '../runtime/flink/cluster/start-cluster.ts'
import { stopCluster } from '../runtime/flink/cluster/stop-cluster.ts'
import { FlinkRest, type Overview } from '../runtime/flink/rest.ts'
import { flinkFlag } from './flink-url.ts'
import { table } from './format.ts'
import { ownCommand } from './own-command.ts'
import { wholeNumber } from './params.ts'
import { print, printJson } from './print.ts'

export interface StartFlags {
  readonly taskManagers?: string
  readonly slots?: string
  readonly port?: string
  readonly memory?: string
  readonly json?: boolean
}

export async function startCommand(flags: StartFlags): Promise<void> {
  const { url, home, pids } = await startCluster({
    taskManagers: wholeNumber('--task-managers', flags.taskManagers, 1, MANY),
    slots: wholeNumber('--slots', flags.slots, 1, MANY),
    port: wholeNumber('--port', flags.port, 0, 65_535),
    taskHeapMb: wholeNumber('--memory', flags.memory, 64),
    note: (message) => process.stderr.write(`millrace: ${message}\n`),
  })
  if (flags.json) return printJson({ type: 'cluster', url, home, pids })
  const own = ownCommand()
  print(
    [
      `Flink is up at ${url}, with ${pids.taskManagers.length} TaskManager${pids.taskManagers.length === 1 ? '' : 's'}`,
      `  logs, checkpoints, savepoints in ${home}`,
      `  run a pipeline:  ${own} submit FILE${flinkFlag(url)}`,
      `  end the cluster: ${own} flink stop`,
      '',
    ].join('\n'),
  )
}

/** More is no machine's business. */
const MANY = 1000

/** Exit code 1 while any part of it is down. */
export async function statusCommand(flags: { readonly flink?: string; readonly json?: boolean }): Promise<void> {
  if (flags.flink !== undefined) {
    const rest = new FlinkRest(flags.flink)
    const overview = await rest.overview()
    if (flags.json) printJson({ type: 'status', url: rest.url, overview })
    else print(`${overviewText(rest.url, overview)}\n`)
    return
  }
  const status = await clusterStatus()
  if (status === undefined) throw noCluster()
  if (status.overview === undefined || status.processes.some(({ alive }) => !alive)) process.exitCode = 1
  if (flags.json) printJson({ type: 'status', ...status })
  else print(statusText(status))
}

export async function stopClusterCommand(flags: { readonly force?: boolean; readonly json?: boolean }): Promise<void> {
  const ended = await stopCluster(undefined, { force: flags.force })
  if (flags.json) printJson({ type: 'stopped', processes: ended })
  else print(ended === 0 ? 'no local cluster was running\n' : `the local cluster is down\n`)
}

/** How a cluster that somebody else runs becomes fit for our jobs. */
export function prepareCommand(): void {
  print(`To prepare an existing Flink cluster (2.2 or later, Java 17, Linux x64), on each of its machines:

1. V8 goes into Flink's lib folder, because a job jar cannot load a native library twice:
     com.caoccao.javet:javet:5.0.6 and com.caoccao.javet:javet-v8-linux-x86_64:5.0.6
2. In Flink's config.yaml:
     classloader.parent-first-patterns.additional: com.caoccao.javet.
     taskmanager.memory.task.off-heap.size: 512m
     execution.checkpointing.savepoint-dir: a folder that all machines see
3. Java must let Flink look into these packages (its own config.yaml has them under env.java.opts.all):
     ${JAVA_OPENS.map((option) => option.slice('--add-opens=java.base/'.length, -'=ALL-UNNAMED'.length)).join(' ')}
4. V8's heaps lie beside the JVM's: leave (slots x stages x --heap MB) of the machine's or container's memory free.
5. Files that a pipeline reads and writes, and --checkpoint-dir, must be at the same path on all machines.

Then restart the cluster, and: ${ownCommand()} submit FILE --flink http://HOST:8081
`)
}

function statusText({ home, url, processes, overview }: ClusterStatus): string {
  const rows = processes.map(({ role, pid, alive, log }) => [role, alive ? 'runs' : 'has died', String(pid), log])
  const head = overview === undefined ? `${url} does not answer` : overviewText(url, overview)
  return `${head}\nhome ${home}\n${table([['process', '', 'pid', 'log'], ...rows])}\n`
}

function overviewText(url: string, overview: Overview): string {
  const { taskmanagers } = overview
  const slots = `${overview['slots-available']} of ${overview['slots-total']} slots free`
  return `Flink ${overview['flink-version']} at ${url}: ${taskmanagers} TaskManagers, ${slots}, ${overview['jobs-running']} jobs running`
}

function noCluster(): MillraceError {
  return new MillraceError('ML_FLINK_CLUSTER', {
    what: 'no local cluster was started',
    where: new ClusterHome().path,
    remedy: 'Start one with "millrace flink start", or look at another one with --flink URL',
  })
}
