/** How a run shows itself while it goes: one line that is written over, or JSON lines. */
import type { RunHandle } from '../embedded/run.ts'
import { redacted } from '../errors.ts'
import type { AnyQualityReport } from '../operators/quality-report.ts'
import type { RunReport } from '../runtime/local/job.ts'
import { count, duration, eventTime, metric } from './format.ts'
import { Meter } from './meter.ts'
import { StatusLine } from './status-line.ts'

export interface ProgressView {
  started(handle: RunHandle): void
  show(handle: RunHandle): void
  note(message: string): void
  /** The address of the server beside the run. */
  serves(url: string): void
  /** Nothing of the line stays on the terminal. */
  cleared(): void
  ended(handle: RunHandle, report: RunReport): void
}

/** On standard error: a live line on a terminal, else a line every five seconds. */
export function terminalProgress(name: string, quiet: boolean): ProgressView {
  const status = new StatusLine(name, quiet)
  let meter = new Meter(0, performance.now())
  return {
    started(handle) {
      meter = new Meter(handle.progress().records, performance.now())
      status.print(handle.startedFrom === null ? 'from the beginning' : `goes on from checkpoint ${handle.startedFrom}`)
      const weaker = Object.entries(handle.weaker)
      if (weaker.length > 0 && !quiet) {
        const list = weaker.map(([uid, guarantee]) => `${uid} ${guarantee.replaceAll('-', ' ')}`)
        process.stderr.write(`not exactly once: ${list.join(', ')}\n`)
      }
    },
    show(handle) {
      const rate = meter.look(handle.progress().records, performance.now())
      status.show(() => progressText(handle, `${count(rate)}/s`))
    },
    note: (message) => status.note(message),
    serves: (url) => status.print(`serves ${url}`),
    cleared: () => status.clear(),
    ended(handle) {
      const { records, ms, rate } = meter.total(handle.progress().records, performance.now())
      const now = handle.progress().records > records ? `, ${count(records)} of them now` : ''
      status.clear()
      status.print(soFar(handle, `${count(rate)}/s in ${duration(ms)}${now}`).join('  '))
    },
  }
}

/** Records so far, their rate, event time, quality: what matters most first, for narrow terminals. */
function soFar(handle: RunHandle, rate: string): string[] {
  const { records, eventTime: time } = handle.progress()
  const parts = [`${count(records)} records`, rate]
  if (time !== null) parts.push(eventTime(time))
  const quality = handle.quality()
  for (const { model, report } of quality) {
    const of = quality.length > 1 ? `${model}: ` : ''
    parts.push(`${of}${briefQuality(report)}`)
  }
  return parts
}

/** The two figures that say most. */
function briefQuality(report: AnyQualityReport): string {
  switch (report.task) {
    case 'binary':
      return `AUC ${metric(report.overall.auc, 3)}, log loss ${metric(report.overall.logLoss, 3)}`
    case 'multiclass':
      return `accuracy ${metric(report.overall.accuracy, 3)}, kappa ${metric(report.overall.kappa, 3)}`
    case 'regression':
      return `MAE ${metric(report.overall.mae, 3)}, R2 ${metric(report.overall.r2, 3)}`
  }
}

function progressText(handle: RunHandle, rate: string): string {
  const parts = soFar(handle, rate)
  const { lastCheckpoint } = handle.progress()
  if (lastCheckpoint === undefined) parts.push('no checkpoint yet')
  else {
    const { id, at, durationMs } = lastCheckpoint
    parts.push(`checkpoint ${id} ${duration(Math.max(0, Date.now() - at))} ago (took ${duration(durationMs)})`)
  }
  return parts.join('  ')
}

/** One JSON object a line: `started`, `progress` four times a second, `note`, and `report` at the end. */
export function jsonProgress(stream: NodeJS.WriteStream): ProgressView {
  let meter = new Meter(0, performance.now())
  const print = (value: object) => stream.write(`${JSON.stringify(redacted(value))}\n`)
  const progress = (handle: RunHandle) => {
    const { records, eventTime, lastCheckpoint } = handle.progress()
    const recordsPerSecond = meter.look(records, performance.now())
    print({ type: 'progress', records, recordsPerSecond, eventTime, lastCheckpoint, quality: handle.quality() })
  }
  return {
    started: (handle) => {
      meter = new Meter(handle.progress().records, performance.now())
      print({ type: 'started', from: handle.startedFrom, weaker: handle.weaker })
    },
    show: progress,
    note: (message) => print({ type: 'note', message }),
    serves: (url) => print({ type: 'serves', url }),
    cleared: () => {},
    ended: (handle, report) => {
      progress(handle)
      const { ms, rate } = meter.total(handle.progress().records, performance.now())
      print({ type: 'report', durationMs: Math.round(ms), recordsPerSecond: rate, ...report })
    },
  }
}

/** Shows nothing: the log tells what there is to tell. */
export const noProgress: ProgressView = {
  started: () => {},
  show: () => {},
  note: () => {},
  serves: () => {},
  cleared: () => {},
  ended: () => {},
}
