import { expect, test } from 'vitest'
import { configYaml, javaArguments } from './cluster-config.ts'
import { ClusterHome } from './cluster-home.ts'

const home = new ClusterHome('/srv/a home: #1')
const shape = { restPort: 8081, rpcPort: 6123, slots: 2, taskHeapMb: 1024 }

/** The heap that Flink is told of, in MiB. */
const heapOf = (yaml: string, key: string) => Number(new RegExp(`^${key}: "(\\d+)m"$`, 'm').exec(yaml)?.[1])

test('the JVM of a TaskManager is given the memory that Flink is told of', () => {
  const yaml = configYaml(home, shape)
  const args = javaArguments(home, '/lib', { role: 'taskmanager-1', id: 'x' }, shape.taskHeapMb)
  const memory = 'taskmanager.memory'
  const heap = heapOf(yaml, `${memory}.framework.heap.size`) + heapOf(yaml, `${memory}.task.heap.size`)
  expect(args).toContain(`-Xmx${heap}m`)
  const direct = ['framework.off-heap.size', 'task.off-heap.size', 'network.max'].map((key) => `${memory}.${key}`)
  const directMb = direct.reduce((sum, key) => sum + heapOf(yaml, key), 0)
  expect(args).toContain(`-XX:MaxDirectMemorySize=${directMb}m`)
  expect(args).toContain(`-XX:MaxMetaspaceSize=${heapOf(yaml, `${memory}.jvm-metaspace.size`)}m`)
})

test('every address is the loopback one, and paths are quoted', () => {
  const yaml = configYaml(home, shape)
  const addresses = yaml.split('\n').filter((line) => /(?:address|host): /.test(line))
  expect(addresses.length).toBeGreaterThan(4)
  expect(addresses.filter((line) => !line.endsWith(': "127.0.0.1"'))).toEqual([])
  expect(yaml).toContain('io.tmp.dirs: "/srv/a home: #1/tmp"')
  expect(yaml).toContain('execution.checkpointing.dir: "file:///srv/a%20home:%20%231/checkpoints"')
})

test('a process bears its home and role in its command line', () => {
  const [mark] = javaArguments(home, '/lib', { role: 'jobmanager', id: 'x' }, 1024)
  expect(mark).toBe('-Dmillrace.cluster=jobmanager@/srv/a home: #1')
})
