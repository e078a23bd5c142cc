/** Whether a run is alive, and whether it is ready. */
import { errorText, isMillraceError } from '../errors.ts'
import type { RunGauges, WatchedRun } from '../runtime/local/run-gauges.ts'
import { EventLoopDelay } from './event-loop-delay.ts'

export interface HealthOptions {
  /** Milliseconds after which a loop that does not turn, while it has work, counts as stuck (default 60,000). */
  readonly stuckMs?: number
}

const STUCK_MS = 60_000

export class Health {
  readonly loopDelay = new EventLoopDelay()
  readonly #stuckMs: number
  #run: WatchedRun | undefined
  #failure: unknown

  constructor(run: WatchedRun | Promise<WatchedRun>, { stuckMs = STUCK_MS }: HealthOptions = {}) {
    this.#stuckMs = stuckMs
    if ('then' in run)
      run.then(
        (started) => this.#watch(started),
        (error: unknown) => this.#failed(error),
      )
    else this.#watch(run)
  }

  /** The run; undefined while it starts, and after it could not. */
  get run(): WatchedRun | undefined {
    return this.#run
  }

  /** `starting`, or the phase of the run. */
  get phase(): RunGauges['phase'] | 'starting' {
    if (this.#failure !== undefined) return 'failed'
    return this.#run?.gauges().phase ?? 'starting'
  }

  /** Why the process should be replaced; undefined: it is alive. A sink or source that is away is no reason. */
  alive(): string | undefined {
    if (this.#failure !== undefined) return `failed: ${codeOf(this.#failure)}`
    const gauges = this.#run?.gauges()
    if (gauges?.phase !== 'running') return undefined
    const { waitsFor, sinceTurnMs } = gauges.loop
    if (waitsFor !== null || sinceTurnMs < this.#stuckMs) return undefined
    return `stuck: the loop has not turned for ${Math.round(sinceTurnMs / 1000)} s`
  }

  /** Why the run does no work; undefined: it is restored, connected, and runs. */
  ready(): string | undefined {
    const { phase } = this
    return phase === 'running' ? undefined : phase
  }

  #watch(run: WatchedRun): void {
    this.#run = run
    run.done.catch((error: unknown) => this.#failed(error))
  }

  #failed(error: unknown): void {
    this.#failure = error ?? new Error('failed')
  }
}

/** The code alone: `/healthz` is asked by anyone, and a message names places. */
function codeOf(error: unknown): string {
  return isMillraceError(error) ? error.code : errorText(error).split(':', 1)[0]
}
