/**
 * MurmurHash2 of `bytes[start..end)` as Kafka's Java client uses it to choose the partition of a key.
 * Returns a signed 32-bit integer. Anyone can make inputs that collide.
 * Cost      about 1 ns a byte
 * @see Appleby, SMHasher, MurmurHash2.cpp (public domain); Kafka's `Utils.murmur2`, seed 0x9747b28c.
 */
export function murmur2(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x9747b28c ^ (end - start)
  let at = start
  for (const blocks = end - 3; at < blocks; at += 4) {
    let block = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
    block = Math.imul(block, 0x5bd1e995)
    block = Math.imul(block ^ (block >>> 24), 0x5bd1e995)
    hash = Math.imul(hash, 0x5bd1e995) ^ block
  }
  if (at < end) {
    if (at + 2 < end) hash ^= bytes[at + 2] << 16
    if (at + 1 < end) hash ^= bytes[at + 1] << 8
    hash = Math.imul(hash ^ bytes[at], 0x5bd1e995)
  }
  hash = Math.imul(hash ^ (hash >>> 13), 0x5bd1e995)
  return hash ^ (hash >>> 15)
}
