/**
 * How many bytes compressed ones can come to, judged before anything is unpacked: a damaged length must not make the codec
 * ask for gigabytes, which it would keep.
 *
 * @see Snappy format description; LZ4 frame format 1.6
 */

/** A copy of 64 bytes takes 3: nothing in snappy comes to more. */
const SNAPPY_MOST = 22
/** A byte of a match's length stands for 255 at most. */
const LZ4_MOST = 255

/** Bytes that a block of snappy says it comes to. @throws RangeError when it cannot */
export function snappySize(bytes: Uint8Array): number {
  let size = 0
  for (let i = 0, scale = 1; ; i++, scale *= 128) {
    if (i === 5 || i >= bytes.length) throw new RangeError('the length of a block of snappy is none')
    size += (bytes[i] & 127) * scale
    if (bytes[i] < 128) break
  }
  if (size > SNAPPY_MOST * bytes.length) throw new RangeError('a block of snappy cannot be as long as it says')
  return size
}

const MAGIC = 0x184d2204
const [HAS_DICTIONARY, HAS_CHECKSUM, HAS_SIZE, HAS_BLOCK_CHECKSUMS] = [1, 4, 8, 16]
const STORED = 0x80000000

/** Bytes that frames of lz4 come to at most. @throws RangeError for what is no such frame */
export function lz4Size(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let size = 0
  let at = 0
  while (at < bytes.length) {
    if (view.getUint32(at, true) !== MAGIC) throw new RangeError('a frame of lz4 does not begin as one')
    const flags = view.getUint8(at + 4)
    const blockBytes = 1 << (8 + 2 * ((view.getUint8(at + 5) >> 4) & 7))
    const said = (flags & HAS_SIZE) === 0 ? 0 : Number(view.getBigUint64(at + 6, true))
    const before = size
    at += 7 + ((flags & HAS_SIZE) === 0 ? 0 : 8) + ((flags & HAS_DICTIONARY) === 0 ? 0 : 4)
    for (let word = view.getUint32(at, true); word !== 0; word = view.getUint32(at, true)) {
      const length = word & ~STORED
      if (length < 0 || length > bytes.length - at - 4)
        throw new RangeError('a block of lz4 is longer than what is there')
      size += word >= STORED ? length : Math.min(blockBytes, LZ4_MOST * length)
      at += 4 + length + ((flags & HAS_BLOCK_CHECKSUMS) === 0 ? 0 : 4)
    }
    at += 4 + ((flags & HAS_CHECKSUM) === 0 ? 0 : 4)
    if (said > size - before) throw new RangeError('a frame of lz4 cannot be as long as it says')
  }
  return size
}
