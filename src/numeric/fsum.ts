/**
 * A sum that keeps what rounding loses: the error of the result does not grow with the number of terms.
 *
 * Each addition's rounding error is exact in a double (Dekker); they are summed beside the sum and added at the end.
 * Where a sum overflows or meets an infinity or NaN, the value is what plain addition gives.
 *
 * Order     sensitive in the last place only; same terms in the same order give identical bits
 * @see Neumaier 1974, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen"
 */
export class CompensatedSum {
  /** The plain sum, and what it lost: the whole state. */
  sum = 0
  lost = 0

  add(x: number): void {
    const { sum } = this
    const next = sum + x
    this.lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum
    this.sum = next
  }

  get value(): number {
    return Number.isFinite(this.sum) ? this.sum + this.lost : this.sum
  }

  /** Takes in the terms of another sum. */
  merge(other: CompensatedSum): void {
    const { sum, lost } = other
    this.add(sum)
    this.lost += lost
  }
}
