import { wtf8Read } from '../bytes/utf8.ts'
import { murmur3 } from '../numeric/murmur3.ts'
import type { Categories } from './category-slots.ts'
import { activeCapacity, type CategoricalInput, type TokenStorage } from './feature-spec.ts'
import type { FeatureVector } from './feature-vector.ts'
import { HashedNames } from './hashed-names.ts'
import { ABSENT } from './record-reader.ts'
import { Tokenizer } from './tokenizer.ts'

/**
 * Words of a text share 2^bits slots by their hash; the slot's value is how often they are in the text.
 *
 * Slots become active in the order in which the text has them first. Of a text the first `max` words are read. A pair of
 * words is hashed like a cross: the hash of the first seeds that of the second.
 */
export class TokenSlots extends HashedNames {
  /** Texts of which only the start was read. */
  overflowed = 0
  readonly #storage: TokenStorage
  readonly #source: number
  readonly #mask: number
  readonly #tokenizer: Tokenizer
  /** Where a slot is among the active ones, by hash: open addressing, of which entries of older records do not count. */
  readonly #places: Int32Array
  readonly #positions: Int32Array
  readonly #records: Int32Array
  #record = 0
  /** The word before, kept for the names of pairs. */
  #previous: Uint8Array = new Uint8Array(0)

  constructor(input: CategoricalInput, base: number, source: number, named: boolean) {
    super(input, base, named)
    const storage = input.storage as TokenStorage
    this.#storage = storage
    this.#source = source
    this.#mask = (1 << storage.bits) - 1
    this.#tokenizer = new Tokenizer(storage.lowercase)
    let size = 16
    while (size < 2 * activeCapacity({ version: 1, numeric: [], categorical: [input] })) size *= 2
    this.#places = new Int32Array(size)
    this.#positions = new Int32Array(size)
    this.#records = new Int32Array(size)
  }

  /** Activates the slots of the words. */
  fill({ codes, texts }: Categories, grow: boolean, out: FeatureVector): void {
    if (codes[this.#source] === ABSENT) return
    const { max, ngrams } = this.#storage
    const tokenizer = this.#tokenizer
    tokenizer.start(texts[this.#source])
    this.#nextRecord()
    let before = 0
    for (let words = 0; tokenizer.next(); words++) {
      if (words === max) {
        if (grow) this.overflowed++
        return
      }
      const { bytes, length } = tokenizer
      const word = murmur3(bytes, 0, length)
      const place = word & this.#mask
      this.#count(place, out)
      if (this.unnamed(place, grow)) this.names?.set(place, `${this.input.name}=${wtf8Read(bytes, 0, length)}`)
      if (ngrams === 2) {
        if (words > 0) this.#pair(murmur3(bytes, 0, length, before) & this.#mask, grow, out)
        before = word
        if (grow && this.names !== undefined) this.#previous = bytes.slice(0, length)
      }
    }
  }

  #pair(place: number, grow: boolean, out: FeatureVector): void {
    this.#count(place, out)
    if (!this.unnamed(place, grow)) return
    const { bytes, length } = this.#tokenizer
    const [first, second] = [wtf8Read(this.#previous, 0, this.#previous.length), wtf8Read(bytes, 0, length)]
    this.names?.set(place, `${this.input.name}=${first} ${second}`)
  }

  /** Nothing of the records before counts any more. */
  #nextRecord(): void {
    if (this.#record === 0x7fffffff) {
      this.#records.fill(0)
      this.#record = 0
    }
    this.#record++
  }

  #count(place: number, out: FeatureVector): void {
    const mask = this.#places.length - 1
    let entry = (Math.imul(place, 0x9e3779b1) >>> 7) & mask
    while (this.#records[entry] === this.#record) {
      if (this.#places[entry] === place) {
        if (this.#storage.count === 'count') out.values[this.#positions[entry]]++
        return
      }
      entry = (entry + 1) & mask
    }
    this.#records[entry] = this.#record
    this.#places[entry] = place
    this.#positions[entry] = out.activeCount
    out.activate(this.base + place)
  }
}
