import type { Socket } from 'node:net'
import { errorText } from '../../errors.ts'
import { BackOff } from '../../net/back-off.ts'
import { connectionError, type Producer } from '../../net/ingest-source.ts'
import type { Intake } from '../../net/intake.ts'
import { LineAssembler } from '../../net/line-assembler.ts'
import { pause } from '../../net/pause.ts'
import type { JobContext } from '../../stream/ports.ts'
import { type ConnectionOptions, openTcp } from './tcp-connection.ts'

interface ClientOptions extends ConnectionOptions {
  readonly reconnect: boolean
  readonly maxRecordBytes: number
  readonly csv: boolean
}

/**
 * Reads the lines that a server sends, over one connection after the other. What it sent in between is lost: each gap is told.
 *
 * @throws ML_CONNECTION when the first connection cannot be made, ML_URL
 */
export async function startTcpClient(
  context: JobContext,
  intake: Intake,
  fail: (error: unknown) => void,
): Promise<Producer> {
  const options = context.options as unknown as ClientOptions
  const where = `source "${context.uid}"`
  const end = new AbortController()
  const first = await openTcp(options, where, end.signal)
  const done = readOn(options, first, where, context, intake, end.signal).catch(fail)
  return {
    async close() {
      end.abort()
      await done
    },
  }
}

async function readOn(
  options: ClientOptions,
  first: Socket,
  where: string,
  { warn }: JobContext,
  intake: Intake,
  end: AbortSignal,
): Promise<void> {
  const backOff = new BackOff()
  let socket: Socket | undefined = first
  for (;;) {
    const brokenAt = performance.now()
    if (socket !== undefined) {
      const { cause, hadLines } = await readLines(socket, options, intake, end)
      if (end.aborted) return
      if (!options.reconnect) {
        if (cause !== undefined) throw connectionError('the connection broke before its end', where, cause)
        intake.end()
        return
      }
      if (hadLines) backOff.reset()
      const how = cause === undefined ? 'was ended by the server' : `broke: ${errorText(cause)}`
      warn(`${where}: the connection ${how}; what the server sends until the next one is lost`)
    }
    await pause(backOff.next(), end)
    if (end.aborted) return
    socket = await openTcp(options, where, end).catch((error) => {
      if (error.code === 'ML_URL') throw error
      if (!end.aborted) warn(`${error.message} Trying again`)
      return undefined
    })
    if (socket !== undefined) warn(`${where}: connected again after ${Math.round(performance.now() - brokenAt)} ms`)
  }
}

/** Reads to the end of the connection; `cause` where it broke. A line that has no end by then is dropped. */
async function readLines(
  socket: Socket,
  { maxRecordBytes, csv }: ClientOptions,
  intake: Intake,
  end: AbortSignal,
): Promise<{ cause: unknown; hadLines: boolean }> {
  const assembler = new LineAssembler(maxRecordBytes, csv)
  const stop = () => socket.destroy()
  end.addEventListener('abort', stop)
  let cause: unknown
  let hadLines = false
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('data', (chunk) => {
        const lines = assembler.take(chunk)
        if (lines.length === 0) return
        hadLines = true
        intake.take(lines).catch(reject)
        if (!intake.full) return
        socket.pause()
        intake.room().then(() => socket.resume(), reject)
      })
      socket.on('error', (error) => {
        cause = error
      })
      socket.on('close', () => resolve())
      if (end.aborted) stop()
    })
  } finally {
    end.removeEventListener('abort', stop)
    socket.destroy()
  }
  return { cause, hadLines }
}
