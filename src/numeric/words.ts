const view = new DataView(new ArrayBuffer(8))

/** x without the low 32 bits of its fraction: a factor whose square is exact in double. */
export function clearLowWord(x: number): number {
  view.setFloat64(0, x)
  view.setUint32(4, 0)
  return view.getFloat64(0)
}
