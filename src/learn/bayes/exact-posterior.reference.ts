/**
 * The posterior mean in exact arithmetic: the truth that tests compare with. Inputs, labels and the prior's precision are
 * multiples of 2^-40, so sums of products are whole numbers of 2^-80; the equations are solved by fraction-free
 * elimination, and only the result is rounded.
 */
export class ExactPosterior {
  readonly #matrix: bigint[][]
  readonly #vector: bigint[]

  constructor(dimensions: number, priorPrecision: number) {
    const prior = whole(priorPrecision) << BITS
    this.#matrix = Array.from({ length: dimensions }, (_, i) =>
      Array.from({ length: dimensions }, (_unused, j) => (i === j ? prior : 0n)),
    )
    this.#vector = new Array<bigint>(dimensions).fill(0n)
  }

  add(x: readonly number[], y: number): void {
    const inputs = x.map(whole)
    const label = whole(y)
    for (let i = 0; i < x.length; i++) {
      for (let j = 0; j <= i; j++) this.#matrix[i][j] += inputs[i] * inputs[j]
      this.#vector[i] += inputs[i] * label
    }
  }

  /** Bareiss' elimination: every division is exact. */
  get mean(): number[] {
    const n = this.#vector.length
    const rows = this.#matrix.map((row, i) => [
      ...row.map((value, j) => (j <= i ? value : this.#matrix[j][i])),
      this.#vector[i],
    ])
    let last = 1n
    for (let k = 0; k < n; k++) {
      for (let i = 0; i < n; i++) {
        if (i === k) continue
        for (let j = n; j >= 0; j--)
          if (j !== k) rows[i][j] = (rows[k][k] * rows[i][j] - rows[i][k] * rows[k][j]) / last
        rows[i][k] = 0n
      }
      last = rows[k][k]
    }
    // After elimination above and below, all pivots are the determinant.
    return rows.map((row) => Number((row[n] << 100n) / last) / 2 ** 100)
  }
}

const BITS = 40n

function whole(x: number): bigint {
  const scaled = x * 2 ** Number(BITS)
  if (!Number.isInteger(scaled)) throw new Error(`${x} is no multiple of 2^-${BITS}`)
  return BigInt(scaled)
}
