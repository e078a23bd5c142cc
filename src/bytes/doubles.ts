/**
 * Runs of doubles as little-endian bytes: one bulk copy where the machine is little-endian, a loop elsewhere.
 *
 * Bits travel as they are (-0 stays -0), except that every NaN is written as 7ff8000000000000: engines differ in the
 * sign and payload of the NaN that 0/0 gives, and equal states must have equal bytes.
 */
export const littleEndian: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** Below this many doubles a loop beats making the two views of a bulk copy. */
const bulkFrom = 48

/** Writes `values[from..to)` at `bytes[at]`; the caller has made room. `view` spans the same buffer as `bytes`. */
export function writeDoubles(
  values: Float64Array,
  from: number,
  to: number,
  bytes: Uint8Array,
  view: DataView,
  at: number,
): void {
  if (!littleEndian || to - from < bulkFrom) return writeDoublesPlain(values, from, to, view, at)
  bytes.set(new Uint8Array(values.buffer, values.byteOffset + 8 * from, 8 * (to - from)), at)
  for (let i = from; i < to; i++) if (values[i] !== values[i]) writeDouble(view, at + 8 * (i - from), NaN)
}

/** The same, double by double: right on every machine. */
export function writeDoublesPlain(values: Float64Array, from: number, to: number, view: DataView, at: number): void {
  for (let i = from; i < to; i++, at += 8) writeDouble(view, at, values[i])
}

/** One double; NaN in its one canonical form. */
export function writeDouble(view: DataView, at: number, value: number): void {
  if (value === value) return view.setFloat64(at, value, true)
  view.setUint32(at, 0, true)
  view.setUint32(at + 4, 0x7ff80000, true)
}

/** Fills `values[from..to)` from `bytes[at]`; the caller has checked that the bytes are there. */
export function readDoubles(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  values: Float64Array,
  from: number,
  to: number,
): void {
  if (!littleEndian || to - from < bulkFrom) return readDoublesPlain(view, at, values, from, to)
  const target = new Uint8Array(values.buffer, values.byteOffset + 8 * from, 8 * (to - from))
  target.set(bytes.subarray(at, at + target.length))
}

/** The same, double by double. */
export function readDoublesPlain(view: DataView, at: number, values: Float64Array, from: number, to: number): void {
  for (let i = from; i < to; i++, at += 8) values[i] = view.getFloat64(at, true)
}
