/** What of a plan cannot run on Flink, found when the plan is made, before anything is sent. */
import { MillraceError } from '../../errors.ts'
import type { Plan } from '../../stage/plan.ts'

const SOURCES = ['file', 'memory']
const SINKS = ['file']

/** Why a connector of ours is not there; any other has no implementation in the host. */
const REASONS: { readonly [role: string]: { readonly [kind: string]: string } } = {
  source: {
    tail: 'the file grows on one machine',
    watch: 'the folder is of one machine',
    hybrid: 'the host reads each source from its beginning to its end',
  },
  sink: {
    memory: 'its rows stay in the memory of a machine of the cluster',
    stdout: 'its rows would go to the log of a machine of the cluster',
  },
}

/** @throws ML_NOT_ON_FLINK with the name of the first source or sink that cannot run there, and the reason */
export function checkRunsOnFlink({ sources, operators }: Plan): void {
  for (const { uid, connector } of sources) {
    if (!SOURCES.includes(connector)) throw misfit('source', uid, connector, SOURCES)
  }
  for (const { uid, kind, options } of operators) {
    const connector = String(options.connector)
    if (kind === 'sink' && !SINKS.includes(connector)) throw misfit('sink', uid, connector, SINKS)
  }
}

function misfit(role: 'source' | 'sink', uid: string, connector: string, there: readonly string[]): MillraceError {
  const reason = REASONS[role]?.[connector] ?? 'the host has no such connector'
  return new MillraceError('ML_NOT_ON_FLINK', {
    what: `a ${connector} ${role} cannot run on Flink: ${reason}`,
    where: `${role} "${uid}"`,
    remedy: `Use ${there.join(' or ')}, or run it embedded with "millrace run"`,
  })
}
