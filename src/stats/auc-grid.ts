/**
 * The fixed grid on [0, 1] in which `AucSketch` counts scores.
 *
 * What is cut is the distance from the nearer end, 0 or 1: each octave [2^-k, 2^(1-k)) of it into equal bins, 2048
 * between 1/4 and 1/2, just as wide ones down to 1/16, 512 an octave to 2^-9, 128 to 2^-19, 32 to 2^-33, 4 to 2^-55, and
 * from there, where only scores near 0 can be told apart, one for eight octaves. So no bin is wider than 1/8192, nor,
 * down to 2^-19, than 1/128 of the distance: an even grid as fine puts every score of a rare class into one bin.
 * Finding a bin takes the double's exponent and the top of its fraction: no logarithm.
 */
const HALF = 8192
export const BINS = 2 * HALF

/** By biased exponent of the distance, 0 to 1022: the octave's first bin, and how far to shift 20 bits of fraction. */
const first = new Uint16Array(1023)
const shift = new Uint8Array(1023)
const view = new DataView(new ArrayBuffer(8))

/** log2 of the number of bins, by the octave's place below 1/2; -1: it shares its bin with the seven around it. */
function binsOfOctave(place: number): number {
  if (place < 2) return 11 - place
  if (place < 8) return 9
  if (place < 18) return 7
  if (place < 32) return 5
  return place < 54 ? 2 : -1
}

/** Fills the tables from 1/2 down, so that the bins next to the middle have the highest numbers. */
function layOut(): void {
  let bin = HALF
  for (let exponent = 1021; exponent >= 0; exponent--) {
    const log2Bins = binsOfOctave(1021 - exponent)
    if (log2Bins >= 0) bin -= 1 << log2Bins
    else if (exponent % 8 === 7) bin--
    first[exponent] = bin
    shift[exponent] = 20 - Math.max(0, log2Bins)
  }
  first[1022] = HALF - 1 // 1/2 itself
  shift[1022] = 20
}

layOut()

/** The bin of a score in [0, 1]: 0 to BINS - 1. It never falls as the score grows. */
export function binOf(score: number): number {
  return score < 0.5 ? binOfDistance(score) : BINS - 1 - binOfDistance(1 - score)
}

function binOfDistance(distance: number): number {
  view.setFloat64(0, distance, true)
  const word = view.getInt32(4, true)
  const exponent = (word >>> 20) & 0x7ff
  return first[exponent] + ((word & 0xfffff) >>> shift[exponent])
}
