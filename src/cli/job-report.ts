/** What a job on Flink came to, as a person reads it: like the report of a run. */
import { resolve } from 'node:path'
import { shownPath } from '../bundle/failures.ts'
import type { JobEnd } from '../runtime/flink/follow-job.ts'
import { finalStateFolder, inspectFinalState } from '../runtime/flink/inspect-final.ts'
import { flinkFolder } from '../runtime/flink/job-settings.ts'
import type { Ledgers } from '../runtime/flink/ledgers.ts'
import type { Submission } from '../runtime/flink/submit.ts'
import type { Plan } from '../stage/plan.ts'
import { flinkFlag } from './flink-url.ts'
import { ownCommand } from './own-command.ts'
import { describeText, ledgerText, placesText, rejectedText, TOP_WEIGHTS } from './report.ts'

export interface JobPlace {
  readonly submission: Submission
  /** The pipeline file as it was given. */
  readonly file: string
  readonly url: string
}

export async function jobReportText(end: JobEnd, { submission, file, url }: JobPlace): Promise<string> {
  const base = resolve(submission.base ?? '.')
  const sinks = sinksOf(submission.plan, end.ledgers)
  // Where the cluster is on other machines its files may not be seen from here.
  const folder = end.end === 'finished' ? finalStateFolder(flinkFolder(submission.plan.name, submission)) : undefined
  const described = folder === undefined ? [] : describeText((await inspectFinalState(folder)).operators, TOP_WEIGHTS)
  const places: (readonly [string, string])[] = []
  if (end.savepoint !== undefined) {
    const goOn = `${ownCommand()} submit ${file} --from-savepoint ${end.savepoint}${flinkFlag(url)}`
    places.push(['savepoint', end.savepoint], ['go on', goOn])
  } else if (folder !== undefined) {
    places.push(['final state', shownPath(folder)], ['look inside', `${ownCommand()} inspect ${shownPath(folder)}`])
  }
  const parts = [
    end.end === 'finished' ? 'finished: the input is used up' : 'stopped with a savepoint',
    ...described,
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
