/**
 * The places that the records of a frame come from: pairs of origin and split, each written once a frame.
 *
 * What a timer emits has its key for a split, so hardly any two are from one place: those stand in the record itself, and
 * so do places beyond the first thousand that a writer meets.
 */
import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import type { Place } from '../time/identity.ts'

const MOST_PLACES = 1024
const TILDE = 126

/** A place that a writer knows, and its number in a frame. */
interface KnownPlace extends Place {
  frame: number
  number: number
}

/** The writing side: numbers places frame by frame. */
export class PlaceWriter {
  readonly #known = new Map<string, Map<string, KnownPlace>>()
  readonly #used: KnownPlace[] = []
  #size = 0
  #frame = 0
  #last: KnownPlace = { origin: '', split: '', frame: -1, number: 0 }

  /** Number of a place in the frame under way, from 1; 0 when it has to stand in the record itself. */
  number(origin: string, split: string): number {
    let place: KnownPlace | undefined = this.#last
    if (place.origin !== origin || place.split !== split) {
      place = origin.charCodeAt(0) === TILDE ? undefined : this.#find(origin, split)
      if (place === undefined) return 0
      this.#last = place
    }
    if (place.frame !== this.#frame) {
      place.frame = this.#frame
      place.number = this.#used.push(place)
    }
    return place.number
  }

  /** Appends the place of a record. @param number what `number` gave for it */
  write(number: number, origin: string, split: string, writer: ByteWriter): void {
    writer.varint(number)
    if (number > 0) return
    writer.string(origin)
    writer.string(split)
  }

  /** Appends the places used since the last table. */
  writeTable(writer: ByteWriter): void {
    writer.varint(this.#used.length)
    for (const { origin, split } of this.#used) {
      writer.string(origin)
      writer.string(split)
    }
    this.#used.length = 0
    this.#frame++
  }

  #find(origin: string, split: string): KnownPlace | undefined {
    const splits = this.#known.get(origin)
    const known = splits?.get(split)
    if (known !== undefined || this.#size === MOST_PLACES) return known
    this.#size++
    const place = { origin, split, frame: -1, number: 0 }
    if (splits === undefined) this.#known.set(origin, new Map([[split, place]]))
    else splits.set(split, place)
    return place
  }
}

/** The reading side. Equal places are the same strings, from frame to frame, so that comparing them is quick. */
export class PlaceReader {
  readonly #known = new Map<string, string>()
  #places: readonly Place[] = []

  readTable(reader: ByteReader): void {
    const places: Place[] = []
    const count = reader.varint()
    if (count > reader.remaining) reader.fail('a table has more places than bytes', count)
    for (let i = 0; i < count; i++) {
      const origin = this.#same(reader.string())
      places.push({ origin, split: this.#same(reader.string()) })
    }
    this.#places = places
  }

  read(reader: ByteReader): Place {
    const number = reader.varint()
    if (number === 0) {
      const origin = reader.string()
      return { origin, split: reader.string() }
    }
    if (number > this.#places.length) reader.fail('a record has a place that its frame does not know', number)
    return this.#places[number - 1]
  }

  /** Those of the table. */
  get places(): readonly Place[] {
    return this.#places
  }

  #same(text: string): string {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    if (this.#known.size === 2 * MOST_PLACES) this.#known.clear()
    this.#known.set(text, text)
    return text
  }
}
