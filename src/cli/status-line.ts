/** What is under way, on standard error: a line that is written over on a terminal, else a line every five seconds. */
import { paint } from './paint.ts'
import { steadyMs } from './steady-clock.ts'

/** Where standard error is no terminal a line is printed this often. */
const PLAIN_MS = 5000

export class StatusLine {
  readonly #name: string
  readonly #quiet: boolean
  readonly #live: boolean
  #lastPlain = steadyMs()

  constructor(name: string, quiet: boolean) {
    this.#name = name
    this.#quiet = quiet
    this.#live = !quiet && process.stderr.isTTY === true
  }

  /** A line that stays. */
  print(text: string): void {
    if (!this.#quiet) process.stderr.write(`${this.#line(text)}\n`)
  }

  /** @param text made only when it is shown */
  show(text: () => string): void {
    if (this.#live) process.stderr.write(`\r\u001b[K${this.#line(text())}`)
    else if (!this.#quiet && steadyMs() - this.#lastPlain >= PLAIN_MS) {
      this.#lastPlain = steadyMs()
      this.print(text())
    }
  }

  /** Something to know, also when it is to be quiet. */
  note(message: string): void {
    this.clear()
    process.stderr.write(`${paint(process.stderr, 'bold', 'millrace')}: ${message}\n`)
  }

  /** Nothing of the line stays on the terminal. */
  clear(): void {
    if (this.#live) process.stderr.write('\r\u001b[K')
  }

  /** Clipped before it is painted: a colour cut in the middle would spill. */
  #line(text: string): string {
    const clipped = this.#live ? text.slice(0, (process.stderr.columns ?? 100) - this.#name.length - 3) : text
    return `${paint(process.stderr, 'bold', this.#name)}  ${clipped}`
  }
}
