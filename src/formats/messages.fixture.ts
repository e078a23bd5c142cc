import { ByteWriter } from '../bytes/writer.ts'
import { textBytes } from './csv-cell-text.ts'
import { type Message, type MessageHeader, writeMessage } from './message.ts'

/** A message of texts; what is not given is not there. */
export function message(offset: number, value: string | Uint8Array | null, more: Partial<Message> = {}): Message {
  return { offset, timestamp: NaN, key: null, headers: [], ...more, value: bytesOf(value) }
}

export function header(name: string, value: string | null): MessageHeader {
  return { name, value: bytesOf(value) }
}

export function framesOf(messages: readonly Message[]): Uint8Array {
  const writer = new ByteWriter()
  for (const one of messages) writeMessage(one, writer)
  return writer.finish()
}

/** Cuts bytes in pieces of these sizes, over and over. */
export function inChunks(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length])
    chunks.push(bytes.slice(at, at + size))
    at += size
  }
  return chunks
}

function bytesOf(value: string | Uint8Array | null): Uint8Array | null {
  return typeof value === 'string' ? textBytes(value) : value
}
