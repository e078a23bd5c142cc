// The records of the bench of keyed models: keys of 12 characters, 20 numbers and a label.

let state = 12345
const next = () => {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) / 4294967296
}

export const INPUTS = 20
export const names = Array.from({ length: INPUTS }, (_unused, i) => `f${i}`)
/** Inputs and, last, what the label is made of. */
export const values = Array.from({ length: 4096 }, () => Float64Array.from({ length: INPUTS + 1 }, () => next() - 0.5))

// A constructor in schema order, as decoders use.
const make = new Function(
  'key',
  'v',
  `return { key, label: v[${INPUTS}], ${names.map((name, i) => `${name}: v[${i}]`).join(', ')} }`,
)

const KEY_BYTES = 12

/** The bytes of the keys of records that follow each other, as a decoder meets them: one after the other. */
export function keysOf(count, numberOf) {
  const bytes = Buffer.alloc(count * KEY_BYTES)
  for (let i = 0; i < count; i++) {
    const text = `k-${String(Math.imul(numberOf(i), 0x9e3779b1) >>> 0).padStart(10, '0')}`
    bytes.write(text, i * KEY_BYTES, 'latin1')
  }
  return { count, bytes }
}

export const zipfNumber = (keys) => Math.min(keys - 1, Math.floor(keys ** next()) - 1)
export const uniformNumber = (keys) => Math.floor(next() * keys)

export function keyOf({ bytes }, i) {
  return bytes.latin1Slice(i * KEY_BYTES, (i + 1) * KEY_BYTES)
}

export function recordOf(keys, i) {
  return make(keyOf(keys, i), values[i & 4095])
}

export function cpuOf(run) {
  const start = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1e6
}

/** Records per CPU second, without what making them (`makeOne`) takes alone: that is a decoder's work. */
export function speedOf(keys, makeOne, run) {
  let kept
  const making = cpuOf(() => {
    for (let i = 0; i < keys.count; i++) kept = makeOne(keys, i)
  })
  if (kept === undefined) throw new Error('nothing was made')
  return keys.count / (cpuOf(run) - making)
}
