/**
 * One model of an own learner, as its functions see it. The same object shows one model after another: keep nothing of it.
 *
 * The doubles are `row[0 .. header)`, then `perSlot` doubles for each input from `at(slot)` on.
 */
export class ModelView<O extends object = object> {
  /** The doubles. What is written here is the model. */
  row: Float64Array = new Float64Array(0)
  /** Inputs there is room for; those without a category yet are as `initSlot` left them. */
  slots = 0
  /** Records learned before this one. */
  steps = 0
  /** Classes there is room for; 0 where labels are no classes. */
  readonly classes: number
  readonly options: O
  readonly header: number
  readonly perSlot: number
  #page: Float64Array | undefined
  #offset = -1

  constructor(header: number, perSlot: number, classes: number, options: O) {
    this.header = header
    this.perSlot = perSlot
    this.classes = classes
    this.options = options
  }

  /** Where the doubles of an input begin in `row`. */
  at(slot: number): number {
    return this.header + this.perSlot * slot
  }

  /** Shows the doubles from `offset` on. A model of a whole stream lies at one place, so its array is made once. */
  show(page: Float64Array, offset: number, slots: number, steps: number): this {
    if (page !== this.#page || offset !== this.#offset || slots !== this.slots) {
      this.row = page.subarray(offset, offset + this.header + this.perSlot * slots)
      this.slots = slots
      this.#page = page
      this.#offset = offset
    }
    this.steps = steps
    return this
  }
}
