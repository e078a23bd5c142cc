/** How late timers of this process fire: what keeps the loop from turning, such as one long function, shows here. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION_MS = 20
/** Numbers are of the last whole window, so that several who ask are told the same. */
const WINDOW_MS = 10_000

export interface DelayQuantile {
  readonly quantile: string
  readonly seconds: number
}

export class EventLoopDelay {
  readonly #histogram: IntervalHistogram
  readonly #timer: NodeJS.Timeout
  #last: readonly DelayQuantile[] | undefined

  constructor() {
    this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
    this.#histogram.enable()
    this.#timer = setInterval(() => {
      this.#last = this.#read()
      this.#histogram.reset()
    }, WINDOW_MS).unref()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#histogram.disable()
  }

  /** Median, 99th percentile and largest, in seconds. */
  quantiles(): readonly DelayQuantile[] {
    return this.#last ?? this.#read()
  }

  #read(): readonly DelayQuantile[] {
    const of = (quantile: string, nanoseconds: number): DelayQuantile => ({
      quantile,
      // The histogram holds the whole time between two firings.
      seconds: Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000),
    })
    const { max } = this.#histogram
    return [of('0.5', this.#histogram.percentile(50)), of('0.99', this.#histogram.percentile(99)), of('1', max)]
  }
}
