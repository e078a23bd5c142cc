/** The implementation of a source or sink, by the kind that the plan names. */
import { MillraceError } from '../../errors.ts'
import type { OperatorVertex, SourceVertex } from '../../stage/plan.ts'
import type { ConnectorTable, SinkConnector, SourceConnector } from '../../stream/ports.ts'

export function sourceConnector(connectors: ConnectorTable, source: SourceVertex): SourceConnector {
  const found = connectors.sources.find(({ kind }) => kind === source.connector)
  if (found !== undefined) return found
  throw new MillraceError('ML_PLAN', {
    what: `this engine has no source connector "${source.connector}"`,
    where: `source "${source.uid}"`,
    remedy: `It has: ${connectors.sources.map(({ kind }) => kind).join(', ')}`,
  })
}

export function sinkConnector(connectors: ConnectorTable, vertex: OperatorVertex): SinkConnector {
  const kind = vertex.options.connector
  const found = connectors.sinks.find((connector) => connector.kind === kind)
  if (found !== undefined) return found
  throw new MillraceError('ML_PLAN', {
    what: `this engine has no sink connector "${kind}"`,
    where: `sink "${vertex.uid}"`,
    remedy: `It has: ${connectors.sinks.map((connector) => connector.kind).join(', ')}`,
  })
}
