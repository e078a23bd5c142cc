/**
 * The bare loop that keyed models are compared with: a hash table, rows and the arithmetic, by hand. It has no order, no
 * declared features, no bounds, no checks, no capture; it knows text keys below U+0080 only and never forgets one.
 */
import { INPUTS, keyOf, speedOf, values } from './keyed-records.mjs'

const GROUPS = 128
const RATE = 0.05
const WEIGHTS = INPUTS + 1
const scratch = new Uint8Array(64)
const scaled = new Float64Array(INPUTS)

export class BareModels {
  constructor(standardise) {
    this.standardise = standardise
    // Weights and intercept; then mean and deviation of each input, and their one count.
    this.width = standardise ? WEIGHTS + 2 * INPUTS + 1 : WEIGHTS
    this.groups = Array.from({ length: GROUPS }, () => new BareGroup(this.width))
  }

  learn(key, inputs, label) {
    let hash = 0x811c9dc5 | 0
    for (let i = 0; i < key.length; i++) {
      scratch[i] = key.charCodeAt(i)
      hash = Math.imul(hash ^ scratch[i], 0x01000193)
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash ^= hash >>> 13
    const group = this.groups[hash >>> 25]
    const at = group.find(hash, key.length) * this.width
    if (this.standardise) return learnStandardised(group.rows, at, inputs, label)
    return descend(group.rows, at, inputs, label)
  }

  /** Copies of what a restore needs. */
  snapshot() {
    return this.groups.map(({ size, hashes, ends, arena, rows }) => ({
      hashes: hashes.slice(0, size),
      ends: ends.slice(0, size + 1),
      arena: arena.slice(0, ends[size]),
      rows: rows.slice(0, size * this.width),
    }))
  }

  restore(parts) {
    this.groups = parts.map((part) => new BareGroup(this.width, part))
  }
}

/** Records per CPU second. */
export function feedBare(models, keys) {
  return speedOf(keys, keyOf, () => {
    for (let i = 0; i < keys.count; i++) {
      const inputs = values[i & 4095]
      models.learn(keyOf(keys, i), inputs, inputs[INPUTS] > 0 ? 1 : 0)
    }
  })
}

function descend(rows, at, inputs, label) {
  let score = rows[at + INPUTS]
  for (let j = 0; j < INPUTS; j++) score += rows[at + j] * inputs[j]
  const probability = 1 / (1 + Math.exp(-score))
  const step = RATE * (probability - label)
  for (let j = 0; j < INPUTS; j++) rows[at + j] -= step * inputs[j]
  rows[at + INPUTS] -= step
  return probability
}

function learnStandardised(rows, at, inputs, label) {
  const count = ++rows[at + WEIGHTS + 2 * INPUTS]
  let before = rows[at + INPUTS]
  for (let j = 0, k = at + WEIGHTS; j < INPUTS; j++, k += 2) {
    const deviation = inputs[j] - rows[k]
    const sd = rows[k + 1]
    if (sd > 0) before += (rows[at + j] * deviation) / sd
    rows[k] += deviation / count
    const rest = inputs[j] - rows[k]
    rows[k + 1] = Math.sqrt(sd * sd + (deviation * rest - sd * sd) / count)
    scaled[j] = rows[k + 1] > 0 ? rest / rows[k + 1] : 0
  }
  descend(rows, at, scaled, label)
  return 1 / (1 + Math.exp(-before))
}

class BareGroup {
  constructor(width, part) {
    this.width = width
    this.size = part === undefined ? 0 : part.hashes.length
    this.hashes = grown(Int32Array, part?.hashes, this.size, 512)
    this.ends = grown(Int32Array, part?.ends, this.size, 513)
    this.arena = grown(Uint8Array, part?.arena, this.ends[this.size], 8192)
    this.rows = grown(Float64Array, part?.rows, this.size * width, 512 * width)
    this.index(1024)
  }

  /** The number of the key in `scratch`; a new one gets the next. */
  find(hash, length) {
    const { table, hashes, ends, arena } = this
    const mask = table.length - 1
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const number = table[place] - 1
      if (number < 0) return this.add(hash, length, place)
      if (hashes[number] !== hash) continue
      const from = ends[number]
      if (ends[number + 1] - from !== length) continue
      let i = 0
      while (i < length && arena[from + i] === scratch[i]) i++
      if (i === length) return number
    }
  }

  add(hash, length, place) {
    const number = this.size++
    const from = this.ends[number]
    this.hashes = grown(Int32Array, this.hashes, number + 1)
    this.ends = grown(Int32Array, this.ends, number + 2)
    this.arena = grown(Uint8Array, this.arena, from + length)
    this.rows = grown(Float64Array, this.rows, this.size * this.width)
    this.hashes[number] = hash
    for (let i = 0; i < length; i++) this.arena[from + i] = scratch[i]
    this.ends[number + 1] = from + length
    this.table[place] = number + 1
    if (2 * this.size > this.table.length) this.index(2 * this.table.length)
    return number
  }

  index(least) {
    let places = least
    while (places < 2 * this.size) places *= 2
    const table = new Int32Array(places)
    for (let number = 0; number < this.size; number++) {
      let place = this.hashes[number] & (places - 1)
      while (table[place] !== 0) place = (place + 1) & (places - 1)
      table[place] = number + 1
    }
    this.table = table
  }
}

/** The same array while it has room for `needed`, else a longer copy. */
function grown(Kind, array, needed, least = 0) {
  if (least === 0 && array.length >= needed) return array
  const longer = new Kind(Math.max(least, needed + (needed >> (least === 0 ? 1 : 3))))
  if (array !== undefined) longer.set(array)
  return longer
}
