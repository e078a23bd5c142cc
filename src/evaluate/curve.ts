/** Points kept of a curve: when there are as many, each two become one. */
const MOST_POINTS = 256

export interface CurvePoint {
  /** Records up to the end of the point. */
  readonly records: number
  /** Mean over the records of the point. */
  readonly mean: number
}

/**
 * How a quantity went over a stream of unknown length: means over stretches of equal length, which doubles as often as
 * there would be too many.
 *
 * Cost      O(1) time per value; 4 KB
 */
export class Curve {
  readonly #sums: number[] = []
  /** Records of a full point. */
  #length = 1
  #sum = 0
  #count = 0

  add(value: number): void {
    this.#sum += value
    if (++this.#count < this.#length) return
    this.#sums.push(this.#sum)
    this.#sum = 0
    this.#count = 0
    if (this.#sums.length === MOST_POINTS) this.#halve()
  }

  points(): CurvePoint[] {
    const points = this.#sums.map((sum, i) => ({ records: (i + 1) * this.#length, mean: sum / this.#length }))
    // A short rest would be a point of noise.
    if (this.#count > 0 && (points.length === 0 || 2 * this.#count >= this.#length)) {
      points.push({ records: this.#sums.length * this.#length + this.#count, mean: this.#sum / this.#count })
    }
    return points
  }

  #halve(): void {
    for (let i = 0; i < MOST_POINTS / 2; i++) this.#sums[i] = this.#sums[2 * i] + this.#sums[2 * i + 1]
    this.#sums.length = MOST_POINTS / 2
    this.#length *= 2
  }
}
