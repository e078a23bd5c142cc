/** What `/` says: which run this is and what else can be asked. */
import { MILLRACE_VERSION } from '../runtime/local/versions.ts'
import type { Health } from './health.ts'

export function runSummary(health: Health, routes: readonly string[]): object {
  const gauges = health.run?.gauges()
  return {
    name: 'millrace',
    version: MILLRACE_VERSION,
    routes,
    phase: health.phase,
    ready: health.ready() === undefined,
    ...(gauges && {
      pipeline: gauges.pipeline,
      startedFrom: gauges.startedFrom,
      restarts: gauges.restarts,
      waitsFor: gauges.loop.waitsFor,
      sources: gauges.sources.map(({ uid }) => uid),
      models: gauges.models.map(({ uid }) => uid),
      sinks: gauges.sinks.map(({ uid, connector, guarantee }) => ({ uid, connector, guarantee })),
      lastCheckpoint: gauges.checkpoints.last ?? null,
    }),
  }
}
