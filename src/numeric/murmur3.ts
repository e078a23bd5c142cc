/**
 * MurmurHash3, the 32-bit variant for x86, of `bytes[start..end)`.
 * Returns a signed 32-bit integer; use `>>> 0` where an unsigned one is wanted. Anyone can make inputs that collide.
 * Cost      about 1 ns a byte
 * @see Appleby, SMHasher, MurmurHash3.cpp (public domain).
 */
export function murmur3(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  let hash = seed | 0
  let at = start
  for (const blocks = end - 3; at < blocks; at += 4) {
    const block = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
    hash ^= scramble(block)
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  if (at < end) {
    let tail = bytes[at]
    if (at + 1 < end) tail |= bytes[at + 1] << 8
    if (at + 2 < end) tail |= bytes[at + 2] << 16
    hash ^= scramble(tail)
  }
  hash ^= end - start
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
}
