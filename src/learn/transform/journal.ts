/** What doubles of a page were before they changed, so that a record that cannot be learned leaves no trace. */
export class Journal {
  #count = 0
  #places: Int32Array = new Int32Array(64)
  #before: Float64Array = new Float64Array(64)

  /** Starts anew: what changed until now has come to stay. */
  clear(): void {
    this.#count = 0
  }

  /** To be called before doubles change. */
  keep(page: Float64Array, at: number, doubles = 1): void {
    while (this.#count + doubles > this.#places.length) this.#grow()
    const places = this.#places
    const before = this.#before
    const count = this.#count
    for (let i = 0; i < doubles; i++) {
      places[count + i] = at + i
      before[count + i] = page[at + i]
    }
    this.#count = count + doubles
  }

  undo(page: Float64Array): void {
    while (this.#count > 0) page[this.#places[--this.#count]] = this.#before[this.#count]
  }

  #grow(): void {
    const places = new Int32Array(2 * this.#places.length)
    const before = new Float64Array(places.length)
    places.set(this.#places)
    before.set(this.#before)
    this.#places = places
    this.#before = before
  }
}
