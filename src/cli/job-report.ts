/** What a job on Flink came to, as a person reads it: like the report of a run. */
import { resolve } from 'node:path'
import { shownPath } from '../bundle/failures.ts'
import type { JobEnd } from '../runtime/flink/follow-job.ts'
import { flinkFolder } from '../runtime/flink/job-settings.ts'
import type { Ledgers } from '../runtime/flink/ledgers.ts'
import type { Submission } from '../runtime/flink/submit.ts'
import type { Plan } from '../stage/plan.ts'
import { flinkFlag } from './flink-url.ts'
import { ownCommand } from './own-command.ts'
import { ledgerText, placesText, rejectedText } from './report.ts'

export interface JobPlace {
  readonly submission: Submission
  /** The pipeline file as it was given. */
  readonly file: string
  readonly url: string
}

export function jobReportText(end: JobEnd, { submission, file, url }: JobPlace): string {
  const base = resolve(submission.base ?? '.')
  const sinks = sinksOf(submission.plan, end.ledgers)
  const finalState = `${flinkFolder(submission.plan.name, submission)}/final`
  const places =
    end.savepoint === undefined
      ? [['final state', shownPath(finalState)] as const]
      : [
          ['savepoint', end.savepoint] as const,
          ['go on', `${ownCommand()} submit ${file} --from-savepoint ${end.savepoint}${flinkFlag(url)}`] as const,
        ]
  const parts = [
    end.end === 'finished' ? 'finished: the input is used up' : 'stopped with a savepoint',
    ledgerText(end.ledgers),
    rejectedText({ ledgers: end.ledgers, sinks }, base),
    placesText(sinks, base, places),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function sinksOf({ operators }: Plan, ledgers: Ledgers) {
  return operators
    .filter(({ kind }) => kind === 'sink')
    .map(({ uid, options, inputs }) => ({
      uid,
      connector: String(options.connector),
      folder: (options.options as { folder?: string }).folder,
      rows: ledgers.operators[uid]?.processed ?? 0,
      takes: inputs.map(({ from }) => `${from.uid}/${from.output}`),
    }))
}
