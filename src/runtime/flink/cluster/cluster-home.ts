/** The home of a local cluster: configuration, logs, checkpoints, and the record of its processes. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { MillraceError } from '../../../errors.ts'
import { acquireLock } from '../../../storage/acquire-lock.ts'
import { writeAtomically } from '../../../storage/atomic-write.ts'
import { nodeStorage } from '../../../storage/node-storage.ts'

/** One Java process of the cluster. */
export interface ClusterProcess {
  /** `jobmanager`, `taskmanager-1`, ...: also the name of its logs. */
  readonly role: string
  readonly pid: number
  /** What Flink calls it; of one start only, so that the JobManager's memory of a dead one is not taken for it. */
  readonly id: string
}

/** What `start` writes down for `status`, `stop` and the next `start`. */
export interface ClusterRecord {
  readonly format: 1
  readonly url: string
  readonly slots: number
  readonly taskHeapMb: number
  readonly processes: readonly ClusterProcess[]
}

export class ClusterHome {
  readonly path: string

  /** @param path default: the environment's MILLRACE_FLINK_HOME, or ~/.millrace/flink */
  constructor(path: string = process.env.MILLRACE_FLINK_HOME || join(homedir(), '.millrace', 'flink')) {
    this.path = resolve(path)
  }

  get conf(): string {
    return join(this.path, 'conf')
  }

  /** What a run of the cluster needs and no other one: emptied at its start. */
  get scratch(): string {
    return join(this.path, 'tmp')
  }

  log(role: string): string {
    return join(this.path, 'log', `${role}.log`)
  }

  /** What a process prints beside its log: mostly what the JVM says when it cannot start. */
  output(role: string): string {
    return join(this.path, 'log', `${role}.out`)
  }

  /** Makes the folders; scratch is emptied. */
  prepare(): void {
    rmSync(this.scratch, { recursive: true, force: true })
    for (const name of ['conf', 'log', 'tmp', 'tmp/upload', 'tmp/plugins', 'checkpoints', 'savepoints']) {
      mkdirSync(join(this.path, name), { recursive: true })
    }
  }

  record(): ClusterRecord | undefined {
    if (!existsSync(this.#file)) return undefined
    try {
      return JSON.parse(readFileSync(this.#file, 'utf8')) as ClusterRecord
    } catch (error) {
      throw new MillraceError('ML_CORRUPT', {
        what: 'the record of the local cluster is damaged',
        where: this.#file,
        remedy: 'End its Java processes by hand (jps -v shows them), then remove the file',
        cause: error,
      })
    }
  }

  async write(record: ClusterRecord): Promise<void> {
    await writeAtomically(nodeStorage, this.#file, Buffer.from(`${JSON.stringify(record, null, 2)}\n`))
  }

  /**
   * Starting and stopping are for one program at a time.
   *
   * @throws ML_LOCKED while another one is about it
   */
  async locked<T>(work: () => Promise<T>): Promise<T> {
    const lock = await acquireLock(this.path, { storage: nodeStorage })
    try {
      return await work()
    } finally {
      await lock.release()
    }
  }

  forget(): void {
    rmSync(this.#file, { force: true })
    rmSync(this.scratch, { recursive: true, force: true })
  }

  get #file(): string {
    return join(this.path, 'cluster.json')
  }
}
