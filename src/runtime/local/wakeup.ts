/** Lets a loop sleep until something has happened or a time is up. */
export class Wakeup {
  #signalled = false
  #wake: (() => void) | undefined

  /** Something has happened: the sleeper wakes, or does not fall asleep next time. */
  readonly signal = (): void => {
    this.#signalled = true
    this.#wake?.()
  }

  /** Sleeps for at most `ms`; not at all when something has happened since the last sleep. */
  async sleep(ms: number): Promise<void> {
    if (!this.#signalled && ms > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(Math.ceil(ms), LONGEST_MS))
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.#wake = undefined
    }
    this.#signalled = false
  }
}

/** A look now and then costs nothing, and keeps the process alive when nothing else does. */
const LONGEST_MS = 10_000
