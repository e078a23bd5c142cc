/** P² as the paper has it: five heights, their positions, and where those should be. For tests. */
export class ReferenceP2 {
  readonly heights: number[] = []
  readonly positions = [1, 2, 3, 4, 5]
  readonly #desired: number[]
  readonly #increments: number[]

  constructor(q: number) {
    this.#increments = [0, q / 2, q, (1 + q) / 2, 1]
    this.#desired = this.#increments.map((increment) => 1 + 4 * increment)
  }

  add(value: number): void {
    const { heights, positions } = this
    if (heights.length < 5) {
      heights.push(value)
      heights.sort((a, b) => a - b)
      return
    }
    if (value < heights[0]) heights[0] = value
    if (value > heights[4]) heights[4] = value
    // The cell of the value: the last marker at or below it, the fourth at most.
    const cell = Math.min(
      3,
      heights.findLastIndex((height) => height <= value),
    )
    for (let i = cell + 1; i < 5; i++) positions[i]++
    for (let i = 0; i < 5; i++) this.#desired[i] += this.#increments[i]
    for (let i = 1; i < 4; i++) {
      const off = this.#desired[i] - positions[i]
      if (off >= 1 && positions[i + 1] - positions[i] > 1) this.#move(i, 1)
      else if (off <= -1 && positions[i - 1] - positions[i] < -1) this.#move(i, -1)
    }
  }

  #move(i: number, step: number): void {
    const { heights: h, positions: n } = this
    const parabola =
      h[i] +
      (step / (n[i + 1] - n[i - 1])) *
        (((n[i] - n[i - 1] + step) * (h[i + 1] - h[i])) / (n[i + 1] - n[i]) +
          ((n[i + 1] - n[i] - step) * (h[i] - h[i - 1])) / (n[i] - n[i - 1]))
    const line = h[i] + (step * (h[i + step] - h[i])) / (n[i + step] - n[i])
    h[i] = h[i - 1] < parabola && parabola < h[i + 1] ? parabola : line
    n[i] += step
  }
}
