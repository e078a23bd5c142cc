/** Whole numbers as Kafka's records hold them: zigzag varints, at most 5 bytes for 32 bits and 10 for 64. */

/** Writes a whole number of 32 bits and returns where it ends. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let left = ((value << 1) ^ (value >> 31)) >>> 0
  while (left > 127) {
    bytes[at++] = (left & 127) | 128
    left >>>= 7
  }
  bytes[at++] = left
  return at
}

/** Writes any safe whole number and returns where it ends. */
export function writeVarlong(bytes: Uint8Array, at: number, value: number): number {
  if (value === (value | 0)) return writeVarint(bytes, at, value)
  let left = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
  while (left > 127n) {
    bytes[at++] = Number(left & 127n) | 128
    left >>= 7n
  }
  bytes[at++] = Number(left)
  return at
}

/** Reads what `writeVarint` and `writeVarlong` wrote, up to 52 bits of magnitude. */
export function readVarint(bytes: Uint8Array, at: number): { readonly value: number; readonly next: number } {
  let folded = 0
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++]
    folded += (byte & 127) * scale
    if (byte < 128) break
  }
  return { value: folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2, next: at }
}
