/** Opening a connection to a TCP server, with or without TLS. */
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { isMillraceError } from '../../errors.ts'
import { connectionError } from '../../net/ingest-source.ts'
import { guardedLookup, refuseHost } from '../../net/outgoing-address.ts'

export interface ConnectionOptions {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  readonly allowLinkLocal: boolean
}

const CONNECT_MS = 10_000

/**
 * Connects. `end` makes it give up early.
 *
 * @throws ML_CONNECTION, ML_URL
 */
export async function openTcp(options: ConnectionOptions, where: string, end?: AbortSignal): Promise<Socket> {
  const { host, port, tls, allowLinkLocal } = options
  refuseHost(host, where, allowLinkLocal)
  const to = { host: host.replace(/^\[|\]$/g, ''), port, lookup: guardedLookup(where, allowLinkLocal) }
  const socket: Socket = tls
    ? connectTls({ ...to, servername: to.host })
    : connect({ ...to, noDelay: true, keepAlive: true })
  const stop = () => socket.destroy(new Error('given up'))
  const timer = setTimeout(() => socket.destroy(new Error('no answer')), CONNECT_MS)
  end?.addEventListener('abort', stop)
  try {
    await new Promise<void>((resolve, reject) => {
      if (end?.aborted) stop()
      socket.once(tls ? 'secureConnect' : 'connect', resolve)
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('closed')))
    })
    return socket
  } catch (error) {
    socket.destroy()
    throw isMillraceError(error) ? error : connectionError(`cannot connect to ${host}:${port}`, where, error)
  } finally {
    clearTimeout(timer)
    end?.removeEventListener('abort', stop)
  }
}
