/** How the local cluster of a home stands. */
import { FlinkRest, type Overview } from '../rest.ts'
import { ClusterHome } from './cluster-home.ts'
import { isAlive } from './java-process.ts'

export interface ClusterStatus {
  readonly home: string
  readonly url: string
  readonly processes: readonly {
    readonly role: string
    readonly pid: number
    readonly alive: boolean
    readonly log: string
  }[]
  /** Undefined while the REST API does not answer. */
  readonly overview: Overview | undefined
}

/** Undefined where no cluster was started, or it was stopped. */
export async function clusterStatus(path?: string): Promise<ClusterStatus | undefined> {
  const home = new ClusterHome(path)
  const record = home.record()
  if (record === undefined) return undefined
  const processes = record.processes.map((one) => ({ ...one, alive: isAlive(home, one), log: home.log(one.role) }))
  const overview = await new FlinkRest(record.url).overview().catch(() => undefined)
  return { home: home.path, url: record.url, processes, overview }
}
