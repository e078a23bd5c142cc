import { Xoshiro128 } from '../src/numeric/xoshiro128.ts'
import { textBytes } from './target.ts'

/** Inputs grow no longer than this by mutation. */
const LONGEST = 1 << 15
const EDGE_BYTES = [0, 1, 2, 0x0a, 0x20, 0x22, 0x2c, 0x2d, 0x30, 0x7f, 0x80, 0xc3, 0xed, 0xfe, 0xff]
const EDGE_NUMBERS = [0, 1, 2, 127, 128, 255, 256, 32767, 65535, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]

/**
 * Makes inputs out of a corpus: one to six changes to one of its entries. Which ones follows from the seed alone.
 *
 * Flips of bits, bytes that are often an edge, pieces left out, doubled, swapped or taken from another entry, words of the
 * target's dictionary, and numbers of one to eight bytes, low or high byte first or as varints, where a length may stand.
 */
export class Mutator {
  private readonly corpus: readonly Uint8Array[]
  private readonly dictionary: readonly Uint8Array[]

  constructor(corpus: readonly Uint8Array[], dictionary: readonly (string | Uint8Array)[] = []) {
    this.corpus = corpus
    this.dictionary = dictionary.map((word) => (typeof word === 'string' ? textBytes(word) : word))
  }

  input(seed: number): Uint8Array {
    const random = new Xoshiro128(seed)
    const draw = (bound: number) => random.nextInt(bound)
    let bytes: Uint8Array = this.corpus[draw(this.corpus.length)].slice()
    for (let left = draw(6); left >= 0; left--) bytes = this.change(bytes, draw)
    return bytes.length > LONGEST ? bytes.slice(0, LONGEST) : bytes
  }

  private change(bytes: Uint8Array, draw: (bound: number) => number): Uint8Array {
    const at = draw(bytes.length + 1)
    const length = Math.min(bytes.length - at, 1 + draw(draw(4) === 0 ? 64 : 4))
    switch (draw(9)) {
      case 0:
        if (at < bytes.length) bytes[at] ^= 1 << draw(8)
        return bytes
      case 1:
        if (at < bytes.length) bytes[at] = EDGE_BYTES[draw(EDGE_BYTES.length)]
        return bytes
      case 2:
        return replaced(bytes, at, length, new Uint8Array(0))
      case 3:
        return replaced(bytes, at, 0, bytes.subarray(at, at + length))
      case 4: {
        const other = this.corpus[draw(this.corpus.length)]
        const from = draw(other.length + 1)
        return replaced(bytes, at, draw(2) * length, other.subarray(from, from + 1 + draw(64)))
      }
      case 5:
        if (this.dictionary.length === 0) return replaced(bytes, at, 0, Uint8Array.of(draw(256)))
        return replaced(bytes, at, draw(2) * length, this.dictionary[draw(this.dictionary.length)])
      case 6:
        return number(bytes, at, draw)
      case 7:
        return replaced(bytes, at, 0, varint(draw))
      default:
        return draw(4) === 0 ? bytes.slice(0, at) : replaced(bytes, at, 0, Uint8Array.of(draw(256)))
    }
  }
}

function replaced(bytes: Uint8Array, at: number, length: number, by: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length - length + by.length)
  result.set(bytes.subarray(0, at))
  result.set(by, at)
  result.set(bytes.subarray(at + length), at + by.length)
  return result
}

/** Overwrites one, two, four or eight bytes with a number at an edge, or with the one that stands there, one more or less. */
function number(bytes: Uint8Array, at: number, draw: (bound: number) => number): Uint8Array {
  const size = [1, 2, 4, 8][draw(4)]
  if (at + size > bytes.length) return bytes
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = draw(4) > 0
  if (size === 8) view.setFloat64(at, [NaN, -0, -1, 0.5, 2 ** 53, 1e308, bytes.length][draw(7)], little)
  else {
    const edge = draw(2) === 0 ? EDGE_NUMBERS[draw(EDGE_NUMBERS.length)] : undefined
    if (size === 1) view.setUint8(at, edge ?? view.getUint8(at) + draw(3) - 1)
    else if (size === 2) view.setUint16(at, edge ?? view.getUint16(at, little) + draw(3) - 1, little)
    else view.setUint32(at, edge ?? view.getUint32(at, little) + draw(3) - 1, little)
  }
  return bytes
}

/** An integer in seven bits a byte, of any length up to twelve. */
function varint(draw: (bound: number) => number): Uint8Array {
  const length = 1 + draw(12)
  return Uint8Array.from(
    { length },
    (_unused, i) => (draw(3) === 0 ? draw(128) : 127 * draw(2)) | (i < length - 1 ? 128 : 0),
  )
}
