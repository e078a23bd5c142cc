/** What ends a run from outside: signals, and a reader of its output that goes away. */
import { EXIT_INTERRUPTED } from './exit-codes.ts'

const SIGNALS = { SIGINT: 'interrupted', SIGTERM: 'asked to end', SIGHUP: 'the terminal was closed' } as const

/**
 * The first signal suspends; the second ends the process at once, and the next start goes on from the last checkpoint.
 * Returns a function that gives the signals back.
 */
export function onSignals(suspend: () => void, note: (message: string) => void): () => void {
  let isAsked = false
  const listeners = Object.entries(SIGNALS).map(([signal, text]) => {
    const listener = () => {
      if (isAsked) process.exit(EXIT_INTERRUPTED)
      isAsked = true
      note(`${text}: taking a final checkpoint (once more ends at once, and loses nothing either)`)
      suspend()
    }
    process.on(signal, listener)
    return () => process.off(signal, listener)
  })
  return () => {
    for (const remove of listeners) remove()
  }
}

/**
 * A closed pipe is no reason to lose work: the run is suspended, and what it would still print is dropped. Stays for
 * the rest of the process, which may print after the run.
 */
export function onClosedOutput(suspend: () => void): void {
  process.stdout.on('error', suspend)
  process.stderr.on('error', suspend)
}
