import { utf8Length, utf8Write } from '../bytes/utf8.ts'

/** A text as its bytes. */
export function textBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text))
  utf8Write(text, bytes, 0)
  return bytes
}

/** The cell is one of the texts. */
export function isOneOf(texts: readonly Uint8Array[], bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i]
    if (text.length !== end - start) continue
    let at = 0
    while (at < text.length && text[at] === bytes[start + at]) at++
    if (at === text.length) return true
  }
  return false
}

/** Writes a quoted cell with its doubled quotes made single into `into`, which has room, and returns the length. */
export function unescapeCell(bytes: Uint8Array, start: number, end: number, into: Uint8Array): number {
  let length = 0
  for (let at = start; at < end; at++) {
    into[length++] = bytes[at]
    if (bytes[at] === 34) at++
  }
  return length
}
