/**
 * The keys of rows that are read where they lie, without calling the key function for each.
 *
 * A key function is a function of the record alone. So a key that was seen is known again by the hash that its frame carries
 * and by the bytes of the fields that the function read then: with the same values it would read the same fields and come
 * to the same key. Keys that come again are kept, with what a table has told them of their rows, one behind the other and most in
 * 64 bytes: a look at memory that is in no cache costs more than all the rest. When there is no room left, all are forgotten.
 */
import { littleEndian } from '../bytes/doubles.ts'
import { MOST_ROWS, type RowCursor } from '../formats/row-cursor.ts'
import type { RowLayout } from '../formats/row-layout.ts'
import { intsIn, type KernelMemory, NOWHERE } from '../numeric/kernel-memory.ts'
import { EncodedKey, type Key, KeyEncoder } from '../state/key.ts'
import type { KeyBlock } from '../state/key-block.ts'
import { type FindKeys, type HashedRows, keyFinder } from './row-keys-kernel.ts'

/** A power of two; each set has places for two keys. */
const SETS = 4096
/** Of all keys: 1 MB. */
const WORDS = 1 << 18
/** Entries begin at multiples of it. */
const LINE_SHIFT = 4
const LINE_WORDS = 1 << LINE_SHIFT
/** Keys that are longer, or follow from more, are encoded each time. */
const MOST_WORDS = 60
const MOST_SETS_OF_FIELDS = 64
const MOST_AGES = 1 << 30

// An entry: these, then the bytes of the fields that were read, then those of the key; each fills up words with zeros.
const HASH = 0
const SLOT = 1
/** Of slot and address: which of the ages of its table, counted here. */
const AGE = 2
/** Key group, and the number of the set of fields above it. */
const GROUP = 3
/** Bytes of the key, and words of the fields above them. */
const LENGTH = 4
/** Of the row, NOWHERE where nobody has told it. */
const ADDRESS = 5
const HEAD_WORDS = 6

export class RowKeys implements KeyBlock {
  readonly groups: Int32Array
  readonly addresses: Int32Array
  slotAge: object | undefined
  readonly #keyOf: (record: never) => unknown
  /** For each row of a block: what encodes its key, what holds one that is known, and where that stands in `#words`, or 0. */
  readonly #encoders: readonly KeyEncoder[]
  readonly #known: readonly KnownKey[]
  readonly #at: Int32Array
  /** The keys themselves, where `#made` is 1. */
  readonly #keys: EncodedKey[]
  readonly #made = new Uint8Array(MOST_ROWS)
  /** A known key was made an object, so that it may be told something. */
  #anyMade = false
  /** Where the entries of a set begin, 0 for none: nothing begins there. */
  readonly #places: Int32Array
  readonly #words: Int32Array
  readonly #bytes: Uint8Array
  #end = LINE_WORDS
  /** The hash that a set did not know last: its key is kept when it comes again. */
  readonly #missed = new Int32Array(SETS)
  readonly #fieldSets: (readonly number[])[] = []
  /** Of each field of a set the mark and the distance from it where it begins, and those where it ends. */
  readonly #fieldEnds: Int32Array[] = []
  /** The same for a kernel: the address of each, and where it ends. */
  readonly #fieldAddresses: Int32Array
  readonly #memory: KernelMemory | undefined
  #find: FindKeys | undefined
  /** Pages of their rows, by the line where an entry begins. */
  readonly #linePages: EncodedKey['page'][] = []
  #age = 0
  #slotAge: object | undefined

  /** @param memory that frames come in, where the engine has one */
  constructor(keyOf: (record: never) => unknown, keyGroups: number, memory?: KernelMemory) {
    this.groups = intsIn(memory, MOST_ROWS)
    this.addresses = intsIn(memory, MOST_ROWS)
    this.#at = intsIn(memory, MOST_ROWS)
    this.#places = intsIn(memory, 2 * SETS)
    this.#words = intsIn(memory, WORDS)
    this.#bytes = new Uint8Array(this.#words.buffer, this.#words.byteOffset, this.#words.byteLength)
    this.#fieldAddresses = intsIn(memory, 2 * MOST_SETS_OF_FIELDS)
    this.#memory = memory
    this.#find =
      memory &&
      keyFinder(memory, {
        ats: this.#at,
        groups: this.groups,
        addresses: this.addresses,
        places: this.#places,
        words: this.#words,
        sets: this.#fieldAddresses,
      })
    this.#keyOf = keyOf
    this.#encoders = Array.from({ length: MOST_ROWS }, () => new KeyEncoder(keyGroups))
    this.#known = Array.from({ length: MOST_ROWS }, () => new KnownKey(keyGroups))
    for (let i = 0; i < WORDS / LINE_WORDS; i++) this.#linePages.push(undefined)
    this.#keys = [...this.#known]
  }

  /** Finds the keys of rows from `from` on; returns the first row whose key cannot be had, or how many there are. */
  fill(rows: HashedRows, from: number): number {
    const { row, hashes, count } = rows
    const { groups, addresses } = this
    const places = this.#places
    const words = this.#words
    const ats = this.#at
    const made = this.#made
    this.slotAge = this.#slotAge
    const address = this.#find === undefined ? NOWHERE : (this.#memory as KernelMemory).addressOf(row.bytes)
    for (let i = from; i < count; i++) {
      if (this.#find !== undefined && address !== NOWHERE) {
        const known = this.#find(rows, i, count, address, this.#age)
        made.fill(0, i, known)
        if (known === count) break
        i = known
      }
      const hash = hashes[i]
      const set = 2 * (hash & (SETS - 1))
      let at = places[set]
      if (words[at] !== hash || !this.#isSame(row, i, at)) {
        at = places[set + 1]
        if (words[at] !== hash || !this.#isSame(row, i, at)) at = 0
      }
      ats[i] = at
      if (at > 0) {
        made[i] = 0
        groups[i] = words[at + GROUP] & 0xffff
        addresses[i] = words[at + AGE] === this.#age ? words[at + ADDRESS] : NOWHERE
      } else {
        rows.show(i)
        try {
          this.#keys[i] = this.#encode(row, hash, this.#encoders[i])
        } catch {
          return i
        }
        made[i] = 1
        groups[i] = this.#keys[i].group
        addresses[i] = NOWHERE
      }
    }
    return count
  }

  key(i: number): EncodedKey {
    if (this.#made[i] === 0) this.#make(i)
    return this.#keys[i]
  }

  /** Keys of the first rows, to be told where their rows are: `keep` must follow. */
  all(count: number): readonly EncodedKey[] {
    for (let i = 0; i < count; i++) this.key(i)
    return this.#keys
  }

  tell(i: number, address: number): void {
    const at = this.#at[i]
    if (at === 0) return
    this.#keepSlot(at, this.#known[i])
    if (this.#known[i].slotAge === this.#slotAge) this.#words[at + ADDRESS] = address
  }

  /** Keeps what tables have told the keys of these rows since. */
  keep(from: number, to: number): void {
    if (!this.#anyMade) return
    this.#anyMade = false
    // The last one was told last: what others know of another age has passed.
    let age: object | undefined
    for (let i = to - 1; i >= from; i--) {
      if (this.#at[i] === 0 || this.#made[i] === 0) continue
      age ??= this.#known[i].slotAge
      if (this.#known[i].slotAge === age) this.#keepSlot(this.#at[i], this.#known[i])
    }
  }

  #make(i: number): void {
    this.#load(this.#at[i], this.#known[i])
    this.#keys[i] = this.#known[i]
    this.#made[i] = 1
    this.#anyMade = true
  }

  #encode(row: RowCursor, hash: number, encoder: KeyEncoder): EncodedKey {
    const key = encoder.encode(this.#keyOf(row.record as never) as Key)
    const set = hash & (SETS - 1)
    if (this.#missed[set] === hash && key.hash === hash) this.#keep(row, key, set)
    this.#missed[set] = hash
    return key
  }

  #load(at: number, key: KnownKey): void {
    const words = this.#words
    const to = key.words
    const lengths = words[at + LENGTH]
    const length = lengths & 0xff
    const count = (length + 3) >> 2
    const from = at + HEAD_WORDS + (lengths >> 8)
    for (let i = 0; i < count; i++) to[i] = words[from + i]
    key.length = length
    key.hash = words[at + HASH]
    key.group = words[at + GROUP] & 0xffff
    key.slot = words[at + SLOT]
    key.page = this.#linePages[at >> LINE_SHIFT]
    key.slotAge = words[at + AGE] === this.#age ? this.#slotAge : undefined
  }

  #keepSlot(at: number, { slot, slotAge, page }: EncodedKey): void {
    const words = this.#words
    if (slotAge === undefined || (slotAge === this.#slotAge && words[at + AGE] === this.#age)) return
    if (slotAge !== this.#slotAge) {
      this.#slotAge = slotAge
      if (++this.#age > MOST_AGES) this.#forget()
    }
    words[at + SLOT] = slot
    words[at + AGE] = this.#age
    words[at + ADDRESS] = NOWHERE
    this.#linePages[at >> LINE_SHIFT] = page
  }

  #isSame(row: RowCursor, i: number, at: number): boolean {
    if (at === 0) return false
    const words = this.#words
    const ends = this.#fieldEnds[words[at + GROUP] >> 16]
    const { bytes, view, marks } = row
    let k = at + HEAD_WORDS
    const end = k + (words[at + LENGTH] >> 8)
    const base = row.baseOf(i)
    for (let f = 0; f < ends.length; f += 4) {
      let from = marks[base + ends[f]] + ends[f + 1]
      const stop = marks[base + ends[f + 2]] + ends[f + 3]
      for (; from + 4 <= stop; from += 4) if (view.getInt32(from, true) !== words[k++]) return false
      if (from === stop) continue
      let last = bytes[from]
      if (from + 1 < stop) last |= bytes[from + 1] << 8
      if (from + 2 < stop) last |= bytes[from + 2] << 16
      if (last !== words[k++]) return false
    }
    return k === end
  }

  #keep(row: RowCursor, { bytes, length, hash, group }: EncodedKey, set: number): void {
    const fields = row.fieldsRead(this.#keyOf)
    // A null takes no bytes, so that the bytes of several fields could be those of others.
    if (this.#fieldSets.length === MOST_SETS_OF_FIELDS) return
    if (fields.length > 1 && fields.some((field) => row.layout.fields[field].nullable)) return
    const sizes = fields.map((field) => row.start(field + 1) - row.start(field))
    const read = sizes.reduce((sum, size) => sum + wordsOf(size), 0)
    if (read + wordsOf(length) > MOST_WORDS || !littleEndian) return
    const at = this.#room(HEAD_WORDS + read + wordsOf(length))
    const words = this.#words
    words[at + HASH] = hash
    words[at + AGE] = this.#age - 1
    words[at + GROUP] = group | (this.#fieldSet(fields, row.layout) << 16)
    words[at + LENGTH] = length | (read << 8)
    words.fill(0, at + HEAD_WORDS, this.#end)
    let k = at + HEAD_WORDS
    fields.forEach((field, i) => {
      this.#bytes.set(row.bytes.subarray(row.start(field), row.start(field + 1)), 4 * k)
      k += wordsOf(sizes[i])
    })
    this.#bytes.set(bytes.subarray(0, length), 4 * k)
    // The first of the two gives way, and the second goes.
    this.#places[2 * set + 1] = this.#places[2 * set]
    this.#places[2 * set] = at
  }

  /** Where an entry of so many words goes. */
  #room(words: number): number {
    const size = Math.ceil(words / LINE_WORDS) * LINE_WORDS
    if (this.#end + size > WORDS) this.#forget()
    this.#end += size
    return this.#end - size
  }

  #forget(): void {
    // Rows of this block whose entries go.
    for (let i = 0; i < MOST_ROWS; i++) if (this.#at[i] > 0) this.key(i)
    this.#places.fill(0)
    this.#at.fill(0)
    this.#end = LINE_WORDS
    this.#age = 0
  }

  #fieldSet(fields: readonly number[], { markOf, distance }: RowLayout): number {
    const known = this.#fieldSets.findIndex((set) => set.join() === fields.join())
    if (known >= 0) return known
    const all = fields.flatMap((field) => [field, field + 1]).flatMap((end) => [markOf[end], distance[end]])
    const ends = intsIn(this.#memory, all.length)
    ends.set(all)
    if (this.#memory?.holds(ends) === false) this.#find = undefined
    this.#fieldAddresses.set([ends.byteOffset, ends.byteOffset + ends.byteLength], 2 * this.#fieldEnds.length)
    this.#fieldEnds.push(ends)
    return this.#fieldSets.push(fields) - 1
  }
}

/** A key whose bytes are filled in by words. */
class KnownKey extends EncodedKey {
  readonly words = new Int32Array(MOST_WORDS)

  constructor(keyGroups: number) {
    super(keyGroups)
    this.bytes = new Uint8Array(this.words.buffer)
  }
}

function wordsOf(bytes: number): number {
  return (bytes + 3) >> 2
}
