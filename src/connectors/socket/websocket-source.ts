import type { RawData, WebSocket } from 'ws'
import { errorText, MillraceError } from '../../errors.ts'
import { BackOff } from '../../net/back-off.ts'
import type { Producer } from '../../net/ingest-source.ts'
import type { Intake } from '../../net/intake.ts'
import { pause } from '../../net/pause.ts'
import type { JobContext } from '../../stream/ports.ts'
import { WebSocketClient } from './websocket-client.ts'

interface SourceOptions {
  readonly subscribe: readonly string[]
  readonly binary: boolean
  readonly maxRecordBytes: number
}

/** A message may be longer than a record, to be rejected by its name; one longer than this ends its connection. */
const MESSAGE_FACTOR = 16
const PING_MS = 30_000

/**
 * Takes each message as a line. A JSON text may be written on several lines: outside its strings, where alone they can be, its line breaks
 * become blanks; within a string they are malformed, and still are.
 *
 * @throws ML_CONNECTION when the first connection cannot be made, ML_NO_CLIENT, ML_URL, ML_SECRET
 */
export async function startWebSocket(
  context: JobContext,
  intake: Intake,
  fail: (error: unknown) => void,
): Promise<Producer> {
  const options = context.options as unknown as SourceOptions
  const where = `source "${context.uid}"`
  const client = await WebSocketClient.of(context, where, MESSAGE_FACTOR * options.maxRecordBytes)
  const end = new AbortController()
  const first = await client.open(end.signal)
  const done = readOn(client, options, first, where, context, intake, end.signal).catch(fail)
  return {
    async close() {
      end.abort()
      await done
    },
  }
}

async function readOn(
  client: WebSocketClient,
  options: SourceOptions,
  first: WebSocket,
  where: string,
  { warn }: JobContext,
  intake: Intake,
  end: AbortSignal,
): Promise<void> {
  const backOff = new BackOff()
  let socket: WebSocket | undefined = first
  while (!end.aborted) {
    if (socket !== undefined) {
      const { how, hadMessages } = await readMessages(socket, options, where, intake, end)
      if (end.aborted) return
      if (hadMessages) backOff.reset()
      warn(`${where}: the connection to ${client.shown} ${how}; what the server sends until the next one is lost`)
    }
    await pause(backOff.next(), end)
    if (end.aborted) return
    socket = await client.open(end).catch((error) => {
      if (error.code === 'ML_URL') throw error
      if (!end.aborted) warn(`${error.message} Trying again`)
      return undefined
    })
  }
}

async function readMessages(
  socket: WebSocket,
  { subscribe, binary, maxRecordBytes }: SourceOptions,
  where: string,
  intake: Intake,
  end: AbortSignal,
): Promise<{ how: string; hadMessages: boolean }> {
  let hadMessages = false
  let how = ''
  const stop = () => socket.terminate()
  end.addEventListener('abort', stop)
  const heart = heartbeat(socket, () => {
    how = 'gave no sign of life'
  })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('message', (data, isBinary) => {
        if (isBinary && !binary) {
          socket.close(1003)
          reject(binaryRefused(where))
          return
        }
        hadMessages = true
        intake.take(lineOf(data, maxRecordBytes)).catch(reject)
        if (!intake.full) return
        socket.pause()
        intake.room().then(() => socket.resume(), reject)
      })
      socket.on('error', (error) => {
        how ||= `broke: ${errorText(error)}`
      })
      socket.on('close', (code) => {
        how ||= `was closed with ${code}`
        resolve()
      })
      for (const text of subscribe) socket.send(text)
      socket.resume()
      if (end.aborted) stop()
    })
  } finally {
    clearInterval(heart)
    end.removeEventListener('abort', stop)
    socket.terminate()
  }
  return { how, hadMessages }
}

/** Ends a connection whose other side answers no ping: without one a broken path would look like a quiet feed. */
function heartbeat(socket: WebSocket, lost: () => void): ReturnType<typeof setInterval> {
  let isAlive = true
  socket.on('pong', () => {
    isAlive = true
  })
  return setInterval(() => {
    if (socket.isPaused) return
    if (!isAlive) {
      lost()
      socket.terminate()
    } else if (socket.readyState === socket.OPEN) {
      isAlive = false
      socket.ping()
    }
  }, PING_MS)
}

/** One line, its length bounded: of a longer one the head, which the decoder rejects. */
function lineOf(data: RawData, maxRecordBytes: number): Uint8Array {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : new Uint8Array(data as ArrayBuffer | Buffer)
  const length = Math.min(bytes.length, maxRecordBytes + 2)
  const line = new Uint8Array(length + 1)
  line.set(bytes.subarray(0, length))
  for (let i = 0; i < length; i++) if (line[i] === LF || line[i] === CR) line[i] = BLANK
  line[length] = LF
  return line
}

const LF = 10
const CR = 13
const BLANK = 32

function binaryRefused(where: string): MillraceError {
  return new MillraceError('ML_SOURCE', {
    what: 'the server sent a binary message',
    where,
    remedy: 'Give binary: true if its messages are JSON in UTF-8',
  })
}
