import { utf8Read } from '../bytes/utf8.ts'

/** How much of a rejected piece is kept. */
export const RAW_BYTES = 4096

/**
 * Input bytes as text for the rejected output: at most 4 KB, NUL and what is not UTF-8 as `\xNN`.
 * For people to read; the position finds the bytes themselves.
 */
export function rawText(bytes: Uint8Array, start: number, end: number): string {
  const clipped = end - start > RAW_BYTES
  if (clipped) end = start + RAW_BYTES
  let text = ''
  for (let at = start; at < end; ) {
    const lead = bytes[at]
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    if (at + length > end && clipped) break // a character that the limit cuts in two
    const character = lead === 0 || at + length > end ? undefined : utf8Read(bytes, at, at + length)
    text += character ?? `\\x${lead.toString(16).padStart(2, '0')}`
    at += character === undefined ? 1 : length
  }
  return text
}
