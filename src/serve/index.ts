/** Operation over HTTP: health, readiness and gauges of a run. */

export type { RunGauges, WatchedRun } from '../runtime/local/run-gauges.ts'
export { type HandlerOptions, handler } from './handler.ts'
export { type RunServer, type ServeOptions, serve } from './server.ts'
