/** What of a plan cannot run on Flink, found when the plan is made, before anything is sent. */
import { MillraceError } from '../../errors.ts'
import type { Plan } from '../../stage/plan.ts'

const SOURCES = ['file', 'memory', 'kafka', 'tcp']
const SINKS = ['file', 'kafka', 'tcp']

const LISTENS = 'it would listen on whatever machine the cluster puts it'

/** Why a connector of ours is not there; any other has no implementation in the host. */
const REASONS: { readonly [role: string]: { readonly [kind: string]: string } } = {
  source: {
    tail: 'the file grows on one machine',
    watch: 'the folder is of one machine',
    hybrid: 'the host reads each source from its beginning to its end',
    'tcp-server': LISTENS,
    'http-ingest': LISTENS,
    websocket: 'the host has no such client',
  },
  sink: {
    memory: 'its rows stay in the memory of a machine of the cluster',
    stdout: 'its rows would go to the log of a machine of the cluster',
    'tcp-server': LISTENS,
    websocket: 'the host has no such client',
    'http-post': 'the host has no such client',
  },
}

/** @throws ML_NOT_ON_FLINK with the name of the first source or sink that cannot run there, and the reason */
export function checkRunsOnFlink({ sources, operators }: Plan): void {
  for (const { uid, connector, options } of sources) {
    if (!SOURCES.includes(connector)) throw misfit('source', uid, connector, SOURCES)
    if (options.spool !== undefined) throw spooled(uid)
  }
  for (const { uid, kind, options } of operators) {
    const connector = String(options.connector)
    if (kind === 'sink' && !SINKS.includes(connector)) throw misfit('sink', uid, connector, SINKS)
  }
}

/** Whether a source or sink is one of Kafka's: their jars then go up with the job. */
export function needsKafka({ sources, operators }: Plan): boolean {
  return (
    sources.some(({ connector }) => connector === 'kafka') ||
    operators.some(({ kind, options }) => kind === 'sink' && options.connector === 'kafka')
  )
}

function spooled(uid: string): MillraceError {
  return new MillraceError('ML_NOT_ON_FLINK', {
    what: 'a spool cannot be on Flink: it is a folder of one machine, and the task may go to another',
    where: `source "${uid}"`,
    remedy: 'Leave it out, or read from Kafka',
  })
}

function misfit(role: 'source' | 'sink', uid: string, connector: string, there: readonly string[]): MillraceError {
  const reason = REASONS[role]?.[connector] ?? 'the host has no such connector'
  return new MillraceError('ML_NOT_ON_FLINK', {
    what: `a ${connector} ${role} cannot run on Flink: ${reason}`,
    where: `${role} "${uid}"`,
    remedy: `Use ${there.slice(0, -1).join(', ')} or ${there.at(-1)}, or run it embedded with "millrace run"`,
  })
}
