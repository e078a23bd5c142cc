import type { HostCapabilities } from '../bytes/host.ts'

type Slice = (this: Uint8Array, start: number, end: number) => string
const { latin1Slice, utf8Slice } = Buffer.prototype as unknown as { latin1Slice: Slice; utf8Slice: Slice }

/** Decoding by Node's Buffer, whose methods take byte arrays of any realm. UTF-8 keeps a leading U+FEFF. */
export const nodeCapabilities: HostCapabilities = {
  decodeLatin1: (bytes, start, end) => latin1Slice.call(bytes, start, end),
  decodeUtf8: (bytes, start, end) => utf8Slice.call(bytes, start, end),
}
