/** Declares `millrace submit` and `millrace flink ...`; what they do is loaded when they are called. */
import type { Command } from 'commander'
import type { StartFlags } from './flink-cluster-command.ts'
import type { FlinkJobFlags } from './flink-job-command.ts'
import { DEFAULT_FLINK_URL } from './flink-url.ts'
import type { SubmitFlags } from './submit-command.ts'

const FLINK = ['--flink <url>', `REST API of the cluster (default: ${DEFAULT_FLINK_URL})`] as const
const JOB = ['<job>', 'its name, its id, or the beginning of its id'] as const
const JSON_FLAG = ['--json', 'the answer, and errors, as one JSON object on standard output'] as const

export function addSubmit(command: Command): void {
  const collect = (value: string, before: string[]) => [...before, value]
  command
    .command('submit')
    .description('run a pipeline on an Apache Flink cluster, and follow it to its end')
    .argument('<file>', 'a .ts or .js file whose default export is pipeline(...)')
    .option(...FLINK)
    .option('-p, --param <name=value>', 'a param of the pipeline; repeat for several', collect, [])
    .option('--base <folder>', 'folder against which relative locations are resolved (default: the current one)')
    .option('--state <folder>', 'folder for checkpoints (default: .millrace/<pipeline> in the base)')
    .option('--parallelism <n>', 'subtasks of each stage, 1 to 128 (default: 1)')
    .option('--detached', 'return when the job runs; its id goes to standard output')
    .option('--from-savepoint <path>', 'go on from a savepoint, or from a checkpoint chk-...')
    .option('--checkpoint-every <duration>', "time between checkpoints, such as '500ms' or '10s' (default: 1s)")
    .option('--checkpoint-dir <path>', 'folder or URI for checkpoints (default: flink/checkpoints in the state folder)')
    .option(
      '--max-drift <duration>',
      'how far one source may run ahead of another in event time (default: as far as 10,000 records reach)',
    )
    .option('--flush <duration>', 'how long records may wait for more of them to travel with (default: 10ms)')
    .option('--heap <MB>', 'limit of the heap of each V8 (default: 512)')
    .option('--watchdog <duration>', 'a function that takes longer is terminated (default: 10s)')
    .option('--json', 'progress, report and errors as JSON lines on standard output')
    .option('-q, --quiet', 'print nothing but errors')
    .action(async (file: string, flags: SubmitFlags) =>
      (await import('./submit-command.ts')).submitCommand(file, flags),
    )
}

export function addFlink(command: Command): void {
  const flink = command.command('flink').description('a Flink cluster on this machine, and the jobs of any cluster')
  flink
    .command('start')
    .description('start a cluster on this machine, or what is missing of it')
    .option('--task-managers <n>', 'TaskManagers (default: 1)')
    .option('--slots <n>', 'slots of each: how many subtasks of a stage it takes (default: 4)')
    .option('--port <n>', 'port of the REST API and the web page; 0: a free one (default: 8081)')
    .option('--memory <MB>', 'heap of each TaskManager for records and state; V8 comes on top (default: 1024)')
    .option(...JSON_FLAG)
    .action(async (flags: StartFlags) => (await import('./flink-cluster-command.ts')).startCommand(flags))
  flink
    .command('status')
    .description('show the cluster of this machine, or another one')
    .option('--flink <url>', 'REST API of another cluster')
    .option(...JSON_FLAG)
    .action(async (flags: FlinkJobFlags) => (await import('./flink-cluster-command.ts')).statusCommand(flags))
  flink
    .command('list')
    .description('list the jobs of a cluster, also those that have ended')
    .option(...FLINK)
    .option(...JSON_FLAG)
    .action(async (flags: FlinkJobFlags) => (await import('./flink-job-command.ts')).listCommand(flags))
  flink
    .command('stop')
    .description('stop a job with a savepoint; without a job, end the cluster of this machine')
    .argument('[job]', JOB[1])
    .option(...FLINK)
    .option('--to <path>', "folder or URI for the savepoint (default: the cluster's)")
    .option('--force', 'end the cluster although jobs run')
    .option(...JSON_FLAG)
    .action(async (job: string | undefined, flags: FlinkJobFlags & { readonly force?: boolean }) =>
      job === undefined
        ? (await import('./flink-cluster-command.ts')).stopClusterCommand(flags)
        : (await import('./flink-job-command.ts')).stopJobCommand(job, flags),
    )
  flink
    .command('cancel')
    .description('end a job at once, without a savepoint')
    .argument(...JOB)
    .option(...FLINK)
    .option(...JSON_FLAG)
    .action(async (job: string, flags: FlinkJobFlags) =>
      (await import('./flink-job-command.ts')).cancelCommand(job, flags),
    )
  flink
    .command('prepare')
    .description('print how an existing cluster is made fit for jobs of ours')
    .action(async () => (await import('./flink-cluster-command.ts')).prepareCommand())
}
