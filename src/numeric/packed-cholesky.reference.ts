/** Normal equations as textbooks have them: a dense matrix, solved anew each time by elimination with pivots. For tests. */
export class DenseNormalEquations {
  readonly matrix: number[][]
  readonly vector: number[]
  /** Σ q target². */
  squares = 0

  constructor(diagonal: readonly number[], mean: readonly number[]) {
    this.matrix = diagonal.map((value, i) => diagonal.map((_, j) => (i === j ? value : 0)))
    this.vector = diagonal.map((value, i) => value * mean[i])
    this.squares = diagonal.reduce((sum, value, i) => sum + value * mean[i] * mean[i], 0)
  }

  add(x: readonly number[], q: number, target: number): void {
    for (let i = 0; i < x.length; i++) {
      for (let j = 0; j < x.length; j++) this.matrix[i][j] += q * x[i] * x[j]
      this.vector[i] += q * x[i] * target
    }
    this.squares += q * target * target
  }

  scale(keep: number): void {
    for (const row of this.matrix) for (let j = 0; j < row.length; j++) row[j] *= keep
    for (let i = 0; i < this.vector.length; i++) this.vector[i] *= keep
    this.squares *= keep
  }

  solve(right: readonly number[]): number[] {
    const rows = this.matrix.map((row, i) => [...row, right[i]])
    const n = rows.length
    for (let k = 0; k < n; k++) {
      let pivot = k
      for (let i = k + 1; i < n; i++) if (Math.abs(rows[i][k]) > Math.abs(rows[pivot][k])) pivot = i
      ;[rows[k], rows[pivot]] = [rows[pivot], rows[k]]
      for (let i = k + 1; i < n; i++) {
        const factor = rows[i][k] / rows[k][k]
        for (let j = k; j <= n; j++) rows[i][j] -= factor * rows[k][j]
      }
    }
    const x = new Array<number>(n).fill(0)
    for (let i = n - 1; i >= 0; i--) {
      x[i] = rows[i].slice(i + 1, n).reduce((sum, value, j) => sum - value * x[i + 1 + j], rows[i][n]) / rows[i][i]
    }
    return x
  }

  get mean(): number[] {
    return this.solve(this.vector)
  }

  /** Of x: m·x and xᵀ Λ⁻¹ x. */
  score(x: readonly number[]): [mean: number, variance: number] {
    return [dot(this.mean, x), dot(this.solve(x), x)]
  }

  /** The least Σ q (target − m·x)². */
  get residual(): number {
    return this.squares - dot(this.mean, this.vector)
  }
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0)
}
