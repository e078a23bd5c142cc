/** How a job on Flink shows itself while it is followed: one line that is written over, or JSON lines. */
import type { JobEnd } from '../runtime/flink/follow-job.ts'
import type { JobProgress } from '../runtime/flink/job-progress.ts'
import { flinkFlag } from './flink-url.ts'
import { count, duration, eventTime } from './format.ts'
import { Meter } from './meter.ts'
import { ownCommand } from './own-command.ts'
import { StatusLine } from './status-line.ts'

export interface JobView {
  submitted(id: string, url: string, detached: boolean): void
  show(progress: JobProgress): void
  readonly note: (message: string) => void
  cleared(): void
  /** @param report made only where a person reads it */
  ended(id: string, end: JobEnd, report: () => Promise<string>): Promise<void>
}

export function jobView(name: string, { json, quiet }: { readonly json?: boolean; readonly quiet?: boolean }): JobView {
  return json ? jsonView(name) : terminalView(name, quiet ?? false)
}

function terminalView(name: string, quiet: boolean): JobView {
  const status = new StatusLine(name, quiet)
  const meter = new Meter(0, performance.now())
  return {
    submitted(id, url, detached) {
      if (detached) process.stdout.write(`${id}\n`)
      const stop = `${ownCommand()} flink stop ${id.slice(0, 8)}${flinkFlag(url)}`
      status.print(detached ? `runs at ${url}/#/job/${id}; to stop it: ${stop}` : `job ${id} at ${url}/#/job/${id}`)
    },
    show(progress) {
      const rate = meter.look(progress.records, performance.now())
      status.show(() => progressText(progress, rate))
    },
    note: (message) => status.note(message),
    cleared: () => status.clear(),
    async ended(_id, end, report) {
      const { ms, rate } = meter.total(end.records, performance.now())
      status.clear()
      status.print(`${count(end.records)} records  ${count(rate)}/s in ${duration(ms)}`)
      if (!quiet) process.stdout.write(await report())
    },
  }
}

/** What matters most first, for narrow terminals. */
function progressText(progress: JobProgress, rate: number): string {
  const { state, records, watermark, checkpoints, restarts } = progress
  const parts = [`${count(records)} records`, `${count(rate)}/s`]
  if (state !== 'RUNNING') parts.unshift(state.toLowerCase())
  if (watermark !== null) parts.push(eventTime(watermark))
  parts.push(`${count(checkpoints)} checkpoints`)
  if (restarts > 0) parts.push(`restarted ${restarts === 1 ? 'once' : `${restarts} times`}`)
  return parts.join('  ')
}

/** One JSON object a line: `submitted`, `progress`, `note`, and `report` at the end. */
function jsonView(name: string): JobView {
  const meter = new Meter(0, performance.now())
  const print = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`)
  const brief = ({ state, records, watermark, checkpoints, restarts }: JobProgress) => ({
    state,
    records,
    watermark,
    checkpoints,
    restarts,
  })
  return {
    submitted: (job, url) => print({ type: 'submitted', job, name, url }),
    show(progress) {
      print({ type: 'progress', ...brief(progress), recordsPerSecond: meter.look(progress.records, performance.now()) })
    },
    note: (message) => print({ type: 'note', message }),
    cleared: () => {},
    async ended(job, end) {
      const { ms, rate } = meter.total(end.records, performance.now())
      const { ledgers, savepoint } = end
      const spent = { durationMs: Math.round(ms), recordsPerSecond: rate }
      print({ type: 'report', end: end.end, job, pipeline: name, ...brief(end), ...spent, savepoint, ledgers })
    },
  }
}
