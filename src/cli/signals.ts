/** What ends a run from outside: signals, and a reader of its output that goes away. */
import { EXIT_INTERRUPTED } from './exit-codes.ts'

const SIGNALS = { SIGINT: 'interrupted', SIGTERM: 'asked to end', SIGHUP: 'the terminal was closed' } as const

const FINAL_CHECKPOINT = 'taking a final checkpoint (once more ends at once, and loses nothing either)'

/**
 * The first signal suspends; the second ends the process at once, and the next start goes on from the last checkpoint.
 * Stays for the rest of the process: a second signal that comes while the report is printed is no other than one before.
 */
export function onSignals(suspend: () => void, note: (message: string) => void, what = FINAL_CHECKPOINT): void {
  let isAsked = false
  for (const [signal, text] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (isAsked) process.exit(EXIT_INTERRUPTED)
      isAsked = true
      note(`${text}: ${what}`)
      suspend()
    })
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
