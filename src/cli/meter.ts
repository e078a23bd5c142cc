/** Records per second: over the last seconds while a run goes, over the whole run at its end. */

/** What the rate on the progress line looks back on. */
const WINDOW_MS = 3000

interface Look {
  readonly at: number
  readonly records: number
}

export class Meter {
  readonly #first: Look
  #looks: Look[]

  /** @param records those of earlier runs, which this one did not read; @param at milliseconds of any steady clock */
  constructor(records: number, at: number) {
    this.#first = { at, records }
    this.#looks = [this.#first]
  }

  /** The rate over the last seconds, this look included. */
  look(records: number, at: number): number {
    const isRecent = (look: Look) => at - look.at <= WINDOW_MS
    // One older look stays, so that a pause longer than the window counts as one.
    while (this.#looks.length > 1 && !isRecent(this.#looks[1])) this.#looks.shift()
    const rate = perSecond(this.#looks[0], { at, records })
    this.#looks.push({ at, records })
    return rate
  }

  /** Since the start of this run. */
  total(records: number, at: number): { readonly records: number; readonly ms: number; readonly rate: number } {
    const now = { at, records }
    return { records: records - this.#first.records, ms: at - this.#first.at, rate: perSecond(this.#first, now) }
  }
}

function perSecond(from: Look, to: Look): number {
  const seconds = (to.at - from.at) / 1000
  return seconds > 0 ? Math.round((to.records - from.records) / seconds) : 0
}
