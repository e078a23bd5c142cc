/** Flink's REST API as far as we use it: version 2.2's paths and fields, each call one request. */
import { basename } from 'node:path'
import { type RestAddress, type RestRequest, restAddress, restRequest } from './rest-request.ts'

export interface Overview {
  readonly 'flink-version': string
  readonly taskmanagers: number
  readonly 'slots-total': number
  readonly 'slots-available': number
  readonly 'jobs-running': number
}

export interface TaskManager {
  readonly id: string
  readonly slotsNumber: number
  readonly freeSlots: number
}

export type JobState =
  | 'INITIALIZING'
  | 'CREATED'
  | 'RUNNING'
  | 'RESTARTING'
  | 'FAILING'
  | 'FAILED'
  | 'CANCELLING'
  | 'CANCELED'
  | 'FINISHED'
  | 'SUSPENDED'
  | 'RECONCILING'

export interface JobSummary {
  readonly jid: string
  readonly name: string
  readonly state: JobState
  readonly 'start-time': number
  readonly 'end-time': number
  readonly duration: number
}

export interface JobDetails {
  readonly jid: string
  readonly name: string
  readonly state: JobState
  readonly duration: number
  readonly vertices: readonly { readonly id: string; readonly name: string; readonly parallelism: number }[]
}

export interface JobException {
  readonly exceptionName: string
  readonly stacktrace: string
  readonly timestamp: number
  readonly taskName?: string | null
}

export interface CompletedCheckpoint {
  readonly id: number
  readonly is_savepoint: boolean
  /** `SYNC_SAVEPOINT` where the job ended with it. */
  readonly checkpoint_type?: string
  readonly external_path?: string | null
  readonly end_to_end_duration: number
}

export interface Checkpoints {
  readonly counts: { readonly completed: number; readonly failed: number; readonly restored: number }
  readonly latest: {
    readonly completed: CompletedCheckpoint | null
    readonly savepoint: CompletedCheckpoint | null
    readonly failed: { readonly failure_message?: string } | null
  }
}

export interface Externalization {
  readonly enabled: boolean
  readonly delete_on_cancellation: boolean
}

export interface Accumulator {
  readonly name: string
  readonly type: string
  readonly value: string
}

export interface SavepointStatus {
  readonly status: 'IN_PROGRESS' | 'COMPLETED'
  readonly location?: string
  /** Stack trace of what went wrong. */
  readonly failure?: string
}

export interface RunRequest {
  readonly parallelism?: number
  readonly savepointPath?: string
  readonly allowNonRestoredState?: boolean
}

export class FlinkRest {
  readonly #address: RestAddress

  /** @throws ML_RANGE when it is no address */
  constructor(url: string) {
    this.#address = restAddress(url)
  }

  /** Without credentials. */
  get url(): string {
    return this.#address.url
  }

  overview(): Promise<Overview> {
    return this.#ask('/overview')
  }

  async taskManagers(): Promise<readonly TaskManager[]> {
    return (await this.#ask<{ taskmanagers: TaskManager[] }>('/taskmanagers')).taskmanagers
  }

  /** Also those that have ended, as long as the cluster remembers them. */
  async jobs(): Promise<readonly JobSummary[]> {
    return (await this.#ask<{ jobs: JobSummary[] }>('/jobs/overview')).jobs
  }

  job(id: string): Promise<JobDetails> {
    return this.#ask(`/jobs/${id}`)
  }

  /** As it is now; everything else of a job the JobManager may show as it was up to `web.refresh-interval` ago (3 s). */
  async state(id: string): Promise<JobState> {
    return (await this.#ask<{ status: JobState }>(`/jobs/${id}/status`)).status
  }

  /** The newest first. */
  async exceptions(id: string): Promise<readonly JobException[]> {
    type History = { exceptionHistory?: { entries: JobException[] } }
    return (await this.#ask<History>(`/jobs/${id}/exceptions?maxExceptions=10`)).exceptionHistory?.entries ?? []
  }

  /** Summed by Flink over all subtasks of the job. */
  async accumulators(id: string): Promise<readonly Accumulator[]> {
    const path = `/jobs/${id}/accumulators`
    return (await this.#ask<{ 'user-task-accumulators': Accumulator[] }>(path))['user-task-accumulators']
  }

  checkpoints(id: string): Promise<Checkpoints> {
    return this.#ask(`/jobs/${id}/checkpoints`)
  }

  /** Whether checkpoints outlive the job. */
  async keepsCheckpoints(id: string): Promise<Externalization> {
    const path = `/jobs/${id}/checkpoints/config`
    return (await this.#ask<{ externalization: Externalization }>(path)).externalization
  }

  /** How old the answers about a job may be. */
  async refreshMs(): Promise<number> {
    return (await this.#ask<{ 'refresh-interval': number }>('/config'))['refresh-interval']
  }

  /** Times the job was restarted; 0 where the cluster does not know yet. */
  async restarts(id: string): Promise<number> {
    const metrics = await this.#ask<{ value?: string }[]>(`/jobs/${id}/metrics?get=numRestarts`)
    return Number(metrics[0]?.value ?? 0)
  }

  /** Watermarks of the inputs of a vertex, in milliseconds, one for each subtask that has reported any. */
  async watermarks(id: string, vertex: string): Promise<readonly number[]> {
    const metrics = await this.#ask<{ value?: string }[]>(`/jobs/${id}/vertices/${vertex}/watermarks`)
    return metrics.map(({ value }) => Number(value))
  }

  /** @returns the id under which the cluster keeps the jar */
  async uploadJar(name: string, jar: Uint8Array): Promise<string> {
    const form = new FormData()
    form.set('jarfile', new Blob([jar], { type: 'application/x-java-archive' }), name)
    return basename((await this.#ask<{ filename: string }>('/jars/upload', { method: 'POST', form })).filename)
  }

  /** Runs the main class of the jar's manifest; @returns the id of the job */
  async runJar(jar: string, request: RunRequest): Promise<string> {
    return (await this.#ask<{ jobid: string }>(`/jars/${jar}/run`, { method: 'POST', json: request })).jobid
  }

  async deleteJar(jar: string): Promise<void> {
    await this.#ask(`/jars/${jar}`, { method: 'DELETE' })
  }

  /** Asks for a savepoint after which the job ends; @returns the id to ask `savepoint` for */
  async stop(id: string, targetDirectory?: string): Promise<string> {
    const json = { drain: false, ...(targetDirectory === undefined ? {} : { targetDirectory }) }
    return (await this.#ask<{ 'request-id': string }>(`/jobs/${id}/stop`, { method: 'POST', json }))['request-id']
  }

  async savepoint(id: string, trigger: string): Promise<SavepointStatus> {
    type Answer = {
      status: { id: SavepointStatus['status'] }
      operation?: { location?: string; 'failure-cause'?: { 'stack-trace'?: string; class?: string } }
    }
    const { status, operation } = await this.#ask<Answer>(`/jobs/${id}/savepoints/${trigger}`)
    const cause = operation?.['failure-cause']
    return { status: status.id, location: operation?.location, failure: cause?.['stack-trace'] ?? cause?.class }
  }

  async cancel(id: string): Promise<void> {
    await this.#ask(`/jobs/${id}?mode=cancel`, { method: 'PATCH' })
  }

  async #ask<T>(path: string, request?: RestRequest): Promise<T> {
    return (await restRequest(this.#address, path, request)) as T
  }
}
