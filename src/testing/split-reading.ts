/** How the contract suite reads splits, also those that do not end. */
import { ByteReader } from '../bytes/reader.ts'
import { readMessage } from '../formats/message.ts'
import type { JobContext, SourceConnector, Split, SplitReader } from '../stream/ports.ts'
import { joined } from './run-result.ts'

/** A place at which a split may be taken up. */
export interface Place {
  /** As the connector counts. */
  readonly offset: number
  /** In the bytes of the whole split. */
  readonly at: number
}

/** Nothing for so long, and a reader that has caught up has no more. */
const QUIET_MS = 120

/** All that a split has now, from an offset on. */
export async function readAll(
  connector: SourceConnector,
  context: JobContext,
  split: Split,
  from: number,
): Promise<Uint8Array> {
  const reader = await connector.open(context, split, from)
  try {
    return await readNow(reader)
  } finally {
    await reader.close()
  }
}

/** Reads to the end, or until nothing more comes. The read that is then under way is left to `close`. */
export async function readNow(reader: SplitReader): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for (;;) {
    const chunk = await orQuiet(reader.read(), reader)
    if (chunk === null || chunk === undefined) return joined(chunks)
    chunks.push(chunk.slice())
  }
}

/** Reads so many bytes, or to the end. */
export async function readSome(reader: SplitReader, sizeBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for (let left = sizeBytes; left > 0; ) {
    const chunk = await reader.read()
    if (chunk === null) break
    chunks.push(chunk.slice())
    left -= chunk.length
  }
  return joined(chunks)
}

/** Where a split of these bytes may be taken up: its end included. */
export function placesOf(bytes: Uint8Array, start: number, unit: 'byte' | 'line' | 'message'): Place[] {
  if (unit === 'byte') return Array.from({ length: bytes.length + 1 }, (_, at) => ({ offset: start + at, at }))
  if (unit === 'line') {
    const ends = [...bytes].flatMap((byte, i) => (byte === LINE_FEED ? [i + 1] : []))
    return [0, ...ends].map((at) => ({ offset: start + at, at }))
  }
  const reader = new ByteReader(bytes, 'a split of messages')
  const places: Place[] = []
  let next = start
  while (reader.remaining > 0) {
    const at = bytes.length - reader.remaining
    const { offset } = readMessage(reader)
    places.push({ offset, at })
    next = offset + 1
  }
  return [...places, { offset: next, at: bytes.length }]
}

const LINE_FEED = 10

/** Undefined: the reader has caught up and nothing comes. */
async function orQuiet(read: Promise<Uint8Array | null>, reader: SplitReader): Promise<Uint8Array | null | undefined> {
  for (;;) {
    let timer: NodeJS.Timeout | undefined
    const quiet = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), QUIET_MS)
    })
    const result = await Promise.race([read, quiet]).finally(() => clearTimeout(timer))
    if (result !== undefined || reader.caughtUp !== false) return result
  }
}
