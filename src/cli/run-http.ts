/** `run --http`: the server beside a run, up before the run is, so that it can say that it starts. */
import type { WatchedRun } from '../runtime/local/run-gauges.ts'
import type { RunServer } from '../serve/server.ts'
import { resolveSecret } from '../storage/resolve-secret.ts'
import { secret } from '../stream/secret.ts'
import type { HttpAddress } from './http-address.ts'

const TOKEN = 'MILLRACE_HTTP_TOKEN'

export interface HttpSettings extends HttpAddress {
  /** Names, beside localhost, under which others reach it. */
  readonly allow: readonly string[]
}

/** A server that waits for its run. */
export interface HttpSide {
  readonly server: RunServer
  /** Tells it of the run, or why there is none. */
  readonly watch: (run: Promise<WatchedRun>) => void
}

/**
 * Listens, with the token of the environment where there is one.
 *
 * @throws ML_SERVE_OPEN, ML_SERVE_PORT, ML_SECRET, ML_RANGE
 */
export async function openHttp({ host, port, allow }: HttpSettings, base: string): Promise<HttpSide> {
  const { serve } = await import('../serve/server.ts')
  let watch: HttpSide['watch'] = () => {}
  const run = new Promise<WatchedRun>((resolve) => {
    watch = resolve
  })
  const server = await serve(run, { host, port, hosts: allow, token: await httpToken(base) })
  return { server, watch }
}

async function httpToken(base: string): Promise<string | undefined> {
  const { [TOKEN]: text, [`${TOKEN}_FILE`]: file } = process.env
  if (text === undefined && file === undefined) return undefined
  return await resolveSecret(secret({ env: TOKEN }), base, 'the HTTP server')
}
