/** Servers: who may reach them, and how they begin to listen. */
import type { AddressInfo, Server } from 'node:net'
import { MillraceError } from '../errors.ts'

/** Whether a host is this machine alone, as it is written. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

/** @throws ML_SERVE_OPEN for a server that other machines could reach without a token */
export function refuseExposed(host: string, hasToken: boolean, where: string): void {
  if (hasToken || isLoopback(host)) return
  throw new MillraceError('ML_SERVE_OPEN', {
    what: 'a server that other machines can reach needs a token',
    got: host,
    where,
    remedy: "Give it one, token: secret({ env: 'NAME' }), or listen at 127.0.0.1",
  })
}

/**
 * Listens, and returns the port.
 *
 * @throws ML_SERVE_PORT when the address is in use, or not one of this machine
 */
export async function listen(server: Server, host: string, port: number, where: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new MillraceError('ML_SERVE_PORT', {
          what: `cannot listen at ${host}:${port}`,
          got: cause.code ?? cause.message,
          where,
          remedy:
            cause.code === 'EADDRINUSE'
              ? 'Another process listens there: choose another port'
              : 'Choose another address',
          cause,
        }),
      ),
    )
    server.listen({ host, port, exclusive: true }, resolve)
  })
  return (server.address() as AddressInfo).port
}
