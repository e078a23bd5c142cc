/** Ports of this machine, on the loopback address. */
import { createServer } from 'node:net'

/** True when nobody listens there. */
export async function isFree(port: number): Promise<boolean> {
  return (await bound(port)) !== undefined
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  return (await bound(0)) as number
}

function bound(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen({ port, host: '127.0.0.1' }, () => {
      const { port: given } = server.address() as { port: number }
      server.close(() => resolve(given))
    })
  })
}
