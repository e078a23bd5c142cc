/** What kind of values a column holds, judged by the cells of its first rows. */

/** Distinct texts of a column that are remembered. */
const MOST_DISTINCT = 1000

/** Cells that are not like the others: fewer than these, and than one in a hundred, are slips, and their rows rejected. */
export const SLIPS = 10

export class ColumnGuess {
  readonly name: string
  /** Cells that were not empty. */
  filled = 0
  /** Every number among them is a whole one. */
  whole = true
  /** How often each text came, up to a bound of texts; of numbers only where they are asked for. */
  readonly distinct = new Map<string, number>()
  /** Cells that are no number, and the spaces in them. */
  #texts = 0
  #spaces = 0

  constructor(name: string) {
    this.name = name
  }

  /** The cells are numbers, but for a few slips. */
  get numeric(): boolean {
    return this.#slips(this.#texts)
  }

  /** Nearly every text is another: a name or a time of each record, from which nothing general is learned. */
  get identifies(): boolean {
    return !this.numeric && this.filled >= 100 && this.distinct.size > 0.9 * Math.min(this.filled, MOST_DISTINCT)
  }

  /** Whole sentences, whose words say more than the texts as a whole: four words or more, as a rule. */
  get sentences(): boolean {
    return (
      !this.numeric &&
      this.#spaces >= 3 * this.#texts &&
      this.distinct.size > 0.5 * Math.min(this.filled, MOST_DISTINCT)
    )
  }

  /** The texts of a column of two, in order; a few slips beside them do not count. Undefined for any other column. */
  get two(): readonly [string, string] | undefined {
    const [first, second] = [...this.distinct].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    if (second === undefined) return undefined
    if (!this.#slips(this.filled - first[1] - second[1])) return undefined
    return first[0] < second[0] ? [first[0], second[0]] : [second[0], first[0]]
  }

  addNumber(value: number): void {
    this.filled++
    this.whole &&= Number.isInteger(value)
  }

  addText(): void {
    this.filled++
    this.#texts++
  }

  /** Remembers the text of a cell that was added. */
  remember(text: string): void {
    for (let at = text.indexOf(' '); at >= 0; at = text.indexOf(' ', at + 1)) this.#spaces++
    const times = this.distinct.get(text)
    if (times !== undefined || this.distinct.size < MOST_DISTINCT) this.distinct.set(text, (times ?? 0) + 1)
  }

  #slips(count: number): boolean {
    return count < SLIPS && 100 * count <= this.filled
  }
}
