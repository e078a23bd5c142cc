import { ByteWriter } from '../../src/bytes/writer.ts'
import { type Message, writeMessage } from '../../src/formats/message.ts'

/** The frame of a row, as the sink operator writes it. */
export function frame(
  ordinal: number,
  value: string | null,
  parts: Partial<Message> & { keyText?: string } = {},
): Uint8Array {
  const writer = new ByteWriter(64)
  const { keyText, ...rest } = parts
  const key = keyText === undefined ? null : Buffer.from(keyText)
  const message = { offset: ordinal, timestamp: Number.NaN, key, headers: [], value: null, ...rest }
  writeMessage({ ...message, value: value === null ? null : Buffer.from(value) }, writer)
  return writer.view().slice()
}
