/** How a run shows itself while it goes: one line that is written over, or JSON lines. */
import { styleText } from 'node:util'
import type { RunHandle } from '../embedded/run.ts'
import type { RunReport } from '../runtime/local/job.ts'
import { count, duration, eventTime, metric } from './format.ts'

export interface ProgressView {
  started(handle: RunHandle): void
  show(handle: RunHandle): void
  note(message: string): void
  cleared(): void
  ended(handle: RunHandle, report: RunReport): void
}

/** Where standard error is no terminal a line is printed this often. */
const PLAIN_MS = 5000

export function terminalProgress(name: string, quiet: boolean): ProgressView {
  const { stderr } = process
  const live = stderr.isTTY === true && !quiet
  const meter = new Meter()
  let lastPlain = performance.now()
  const line = (handle: RunHandle) => `${styleText('bold', name)}  ${meter.text(handle)}`
  const clear = () => {
    if (live) stderr.write('\r\u001b[K')
  }
  return {
    started(handle) {
      if (quiet) return
      const from = handle.startedFrom === null ? 'from the beginning' : `from checkpoint ${handle.startedFrom}`
      stderr.write(`${styleText('bold', name)}  ${from}\n`)
      if (handle.atLeastOnce.length > 0) stderr.write(`at least once, not exactly: ${handle.atLeastOnce.join(', ')}\n`)
    },
    show(handle) {
      if (live) stderr.write(`\r\u001b[K${line(handle).slice(0, (stderr.columns ?? 100) + 8)}`)
      else if (!quiet && performance.now() - lastPlain >= PLAIN_MS) {
        lastPlain = performance.now()
        stderr.write(`${line(handle)}\n`)
      }
    },
    note(message) {
      clear()
      stderr.write(`millrace: ${message}\n`)
    },
    cleared: clear,
    ended(handle) {
      clear()
      if (!quiet) stderr.write(`${line(handle)}\n`)
    },
  }
}

/** One JSON object a line on standard output: `progress`, then `report`. */
export function jsonProgress(): ProgressView {
  const meter = new Meter()
  const print = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`)
  return {
    started: (handle) => print({ type: 'started', from: handle.startedFrom, atLeastOnce: handle.atLeastOnce }),
    show: (handle) => print({ type: 'progress', ...meter.read(handle) }),
    note: (message) => print({ type: 'note', message }),
    cleared: () => {},
    ended: (handle, report) => {
      print({ type: 'progress', ...meter.read(handle) })
      print({ type: 'report', ...report })
    },
  }
}

/** Rates between two looks. */
class Meter {
  readonly #startedAt = performance.now()
  #startRecords: number | undefined

  read(handle: RunHandle): object {
    const { records, eventTime, lastCheckpoint } = handle.progress()
    return { records, recordsPerSecond: this.#rate(records), eventTime, lastCheckpoint, quality: handle.quality() }
  }

  text(handle: RunHandle): string {
    const { records, eventTime: time, lastCheckpoint } = handle.progress()
    const parts = [`${count(records)} records`, `${count(this.#rate(records))}/s`]
    if (time !== null) parts.push(eventTime(time))
    for (const { model, report } of handle.quality()) {
      parts.push(`${model}: AUC ${metric(report.overall.auc, 3)}, log loss ${metric(report.overall.logLoss, 3)}`)
    }
    if (lastCheckpoint !== undefined)
      parts.push(`checkpoint ${lastCheckpoint.id} (${duration(lastCheckpoint.durationMs)})`)
    return parts.join('  ')
  }

  #rate(records: number): number {
    this.#startRecords ??= records
    const seconds = (performance.now() - this.#startedAt) / 1000
    return seconds > 0 ? Math.round((records - this.#startRecords) / seconds) : 0
  }
}
