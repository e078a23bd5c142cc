/** Configuration of a local cluster: what Flink's own shell scripts would compute is written out here. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ClusterHome } from './cluster-home.ts'

export interface ClusterShape {
  readonly restPort: number
  /** Where TaskManagers find the JobManager. */
  readonly rpcPort: number
  /** Of each TaskManager. */
  readonly slots: number
  /** Heap of each TaskManager for records and state. V8's heaps lie beside it. */
  readonly taskHeapMb: number
}

/** Sizes of a TaskManager in MiB. Javet's buffers are direct memory: task off-heap. */
const FRAMEWORK_HEAP_MB = 128
const FRAMEWORK_OFF_HEAP_MB = 128
const TASK_OFF_HEAP_MB = 512
const NETWORK_MB = 128
const METASPACE_MB = 256

/** JSON is YAML, and quotes what a path may hold. */
export function configYaml(home: ClusterHome, { restPort, rpcPort, slots, taskHeapMb }: ClusterShape): string {
  const url = (name: string) => pathToFileURL(join(home.path, name)).href
  return yaml({
    'jobmanager.rpc.address': '127.0.0.1',
    'jobmanager.rpc.port': rpcPort,
    'jobmanager.bind-host': '127.0.0.1',
    'jobmanager.memory.process.size': '1024m',
    'rest.address': '127.0.0.1',
    'rest.bind-address': '127.0.0.1',
    'rest.port': restPort,
    'web.upload.dir': join(home.scratch, 'upload'),
    'web.submit.enable': true,
    'web.refresh-interval': 200,
    'io.tmp.dirs': home.scratch,
    'taskmanager.host': '127.0.0.1',
    'taskmanager.bind-host': '127.0.0.1',
    'taskmanager.numberOfTaskSlots': slots,
    'taskmanager.cpu.cores': slots,
    'taskmanager.memory.framework.heap.size': `${FRAMEWORK_HEAP_MB}m`,
    'taskmanager.memory.framework.off-heap.size': `${FRAMEWORK_OFF_HEAP_MB}m`,
    'taskmanager.memory.task.heap.size': `${taskHeapMb}m`,
    'taskmanager.memory.task.off-heap.size': `${TASK_OFF_HEAP_MB}m`,
    'taskmanager.memory.managed.size': '64m',
    'taskmanager.memory.network.min': `${NETWORK_MB}m`,
    'taskmanager.memory.network.max': `${NETWORK_MB}m`,
    'taskmanager.memory.jvm-metaspace.size': `${METASPACE_MB}m`,
    'taskmanager.memory.jvm-overhead.min': '192m',
    'taskmanager.memory.jvm-overhead.max': '192m',
    'state.backend.type': 'hashmap',
    'execution.checkpointing.storage': 'filesystem',
    'execution.checkpointing.dir': url('checkpoints'),
    'execution.checkpointing.savepoint-dir': url('savepoints'),
    'heartbeat.interval': 2000,
    'heartbeat.timeout': 8000,
    'metrics.fetcher.update-interval': 1000,
    'parallelism.default': 1,
    'classloader.parent-first-patterns.additional': 'com.caoccao.javet.',
  })
}

function yaml(entries: { readonly [key: string]: string | number | boolean }): string {
  return Object.entries(entries)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join('')
}

export const LOG4J_PROPERTIES = `rootLogger.level = INFO
rootLogger.appenderRef.file.ref = File
appender.file.name = File
appender.file.type = File
appender.file.fileName = \${sys:log.file}
appender.file.append = false
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %-5p %-60c %x - %m%n
`

const MAIN = 'org.apache.flink.runtime'
const JOB_MANAGER = `${MAIN}.entrypoint.StandaloneSessionClusterEntrypoint`
const TASK_MANAGER = `${MAIN}.taskexecutor.TaskManagerRunner`

/** What Flink and Kryo look into; without java.util a submission fails. */
const OPENED = [
  'java.lang',
  'java.lang.reflect',
  'java.io',
  'java.net',
  'java.nio',
  'java.text',
  'java.time',
  'java.util',
  'java.util.concurrent',
  'java.util.concurrent.atomic',
  'java.util.concurrent.locks',
  'sun.nio.ch',
]
export const JAVA_OPENS = OPENED.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`)

/** Arguments of Java for one process. The first one tells whose process it is. */
export function javaArguments(
  home: ClusterHome,
  libraries: string,
  { role, id }: { readonly role: string; readonly id: string },
  taskHeapMb: number,
): string[] {
  const isJobManager = role === 'jobmanager'
  const heapMb = isJobManager ? 600 : FRAMEWORK_HEAP_MB + taskHeapMb
  const directMb = FRAMEWORK_OFF_HEAP_MB + TASK_OFF_HEAP_MB + NETWORK_MB
  const memory = isJobManager
    ? [`-Xmx${heapMb}m`]
    : [`-Xms${heapMb}m`, `-Xmx${heapMb}m`, `-XX:MaxDirectMemorySize=${directMb}m`]
  return [
    processMark(home, role),
    ...memory,
    `-XX:MaxMetaspaceSize=${METASPACE_MB}m`,
    ...JAVA_OPENS,
    `-Dlog.file=${home.log(role)}`,
    `-Dlog4j.configurationFile=${pathToFileURL(join(home.conf, 'log4j.properties')).href}`,
    '-cp',
    join(libraries, '*'),
    isJobManager ? JOB_MANAGER : TASK_MANAGER,
    '--configDir',
    home.conf,
    ...(isJobManager ? [] : ['-D', `taskmanager.resource-id=${id}`]),
  ]
}

/** Stands in the command line of a process of this home: its pid alone could be another one's by now. */
export function processMark(home: ClusterHome, role: string): string {
  return `-Dmillrace.cluster=${role}@${home.path}`
}
