import { simdUnit } from './packed-cholesky-simd.ts'

/**
 * A positive definite matrix as Λ = U D Uᵀ with U unit upper triangular and D diagonal, inside a row of doubles, and a
 * vector beside it: the normal equations of least squares, Λ m = η, in the form that rank-1 updates change in O(n²).
 *
 * Layout    column j begins at `columnAt(at, j, tail)`: U₀ⱼ .. U₍ⱼ₋₁₎ⱼ, 1/dⱼ (a division less each time), then `tail` ≥ 1
 *           doubles, of which the first is tⱼ, where Uᵀ m = t; the rest is the caller's. One dimension more is one column
 *           more at the end: nothing moves
 * Order     columns from last to first; within a column each element on its own. Same numbers give identical bits
 * Numbers   dⱼ > 0 is kept by every update, so Λ stays positive definite whatever is rounded. An update is backward
 *           stable: columns that grow much use the second form of Gill et al. (their method C2)
 * @see Bierman 1977, Factorization Methods for Discrete Sequential Estimation, chapter 5 (the factorisation, and the
 *      vector as one more row of it); Gill, Golub, Murray, Saunders 1974, methods C1 and C2
 */

/** result[MEAN] = m·x, result[VARIANCE] = xᵀ Λ⁻¹ x, result[RESIDUAL] what an update adds to the sum of squares. */
export const MEAN = 0
export const VARIANCE = 1
export const RESIDUAL = 2

/** The numbers an elimination or update leaves: they travel by it so that none is put on the heap. */
export function newResult(): Float64Array {
  return new Float64Array(3)
}

/** Doubles of a matrix of n dimensions. */
export function packedSize(n: number, tail: number): number {
  return n * tail + (n * (n + 1)) / 2
}

/** Where column j begins. */
export function columnAt(at: number, j: number, tail: number): number {
  return at + packedSize(j, tail)
}

/**
 * Adds m·x to result[MEAN] and xᵀ Λ⁻¹ x to result[VARIANCE]; writes nothing to the page.
 * @param w x; becomes U⁻¹ x
 */
export function eliminate(
  page: Float64Array,
  at: number,
  n: number,
  tail: number,
  w: Float64Array,
  result: Float64Array,
): void {
  let mean = result[MEAN]
  let variance = result[VARIANCE]
  let j = (n - 1) | 0
  let c = columnAt(at, j, tail) | 0
  for (; j >= 3; j = (j - 4) | 0) {
    const c1 = (c - j - tail) | 0
    const c2 = (c1 - j + 1 - tail) | 0
    const c3 = (c2 - j + 2 - tail) | 0
    const p0 = w[j]
    const p1 = w[j - 1] - p0 * page[c + j - 1]
    const p2 = w[j - 2] - p0 * page[c + j - 2] - p1 * page[c1 + j - 2]
    const p3 = w[j - 3] - p0 * page[c + j - 3] - p1 * page[c1 + j - 3] - p2 * page[c2 + j - 3]
    w[j - 1] = p1
    w[j - 2] = p2
    w[j - 3] = p3
    variance += p0 * (p0 * page[c + j])
    variance += p1 * (p1 * page[c1 + j - 1])
    variance += p2 * (p2 * page[c2 + j - 2])
    variance += p3 * (p3 * page[c3 + j - 3])
    mean += p0 * page[c + j + 1]
    mean += p1 * page[c1 + j]
    mean += p2 * page[c2 + j - 1]
    mean += p3 * page[c3 + j - 2]
    const rest = (j - 3) | 0
    for (
      let i = 0, a = c, b = c1, d = c2, e = c3;
      i < rest;
      i = (i + 1) | 0, a = (a + 1) | 0, b = (b + 1) | 0, d = (d + 1) | 0, e = (e + 1) | 0
    ) {
      w[i] = w[i] - p0 * page[a] - p1 * page[b] - p2 * page[d] - p3 * page[e]
    }
    c = (c3 - (j - 4) - 1 - tail) | 0
  }
  for (; j >= 0; j = (j - 1) | 0) {
    const p = w[j]
    variance += p * (p * page[c + j])
    mean += p * page[c + j + 1]
    for (let i = 0; i < j; i++) w[i] -= p * page[c + i]
    c = (c - j - tail) | 0
  }
  result[MEAN] = mean
  result[VARIANCE] = variance
}

/** A column grows by more than this: its elements are weighted sums then, because a difference would lose digits. */
const LARGE_GROWTH = 4

/**
 * Λ becomes keep · (Λ + q x xᵀ), and the vector that of one more observation, `target`, at x with precision q.
 *
 * result[RESIDUAL] = q (target − m·x)² / (1 + q xᵀ Λ⁻¹ x): what the least sum of squares grows by (before `keep`).
 * A negative q takes an observation back: 1 + q xᵀ Λ⁻¹ x must stay well above 0.
 * O(n²); from 16 dimensions on by SIMD where the engine has it, with the same bits.
 * @param w x, of which elements from n on are not read; may be overwritten
 * @param result MEAN and VARIANCE are the bits of `eliminate`, of the matrix before
 */
export function rankOneUpdate(
  page: Float64Array,
  at: number,
  n: number,
  tail: number,
  w: Float64Array,
  q: number,
  keep: number,
  target: number,
  result: Float64Array,
): void {
  const size = packedSize(n, tail)
  const unit = simdUnit(n, size)
  if (unit === undefined) rankOneUpdateByScalars(page, at, n, tail, w, q, keep, target, result)
  else unit.update(page, at, n, size, tail, w, q, keep, target, result)
}

/** Four columns at a time: each element of w is read and written once for them. */
export function rankOneUpdateByScalars(
  page: Float64Array,
  at: number,
  n: number,
  tail: number,
  w: Float64Array,
  q: number,
  keep: number,
  target: number,
  result: Float64Array,
): void {
  const widen = 1 / keep
  let mean = 0
  let variance = 0
  let scale = 1
  let rest = target
  let j = (n - 1) | 0
  let c = columnAt(at, j, tail) | 0
  while (j >= 0) {
    if (j >= 3) {
      const c1 = (c - j - tail) | 0
      const c2 = (c1 - j + 1 - tail) | 0
      const c3 = (c2 - j + 2 - tail) | 0
      const p0 = w[j]
      const a1 = page[c + j - 1]
      const a2 = page[c + j - 2]
      const a3 = page[c + j - 3]
      const p1 = w[j - 1] - p0 * a1
      const b2 = page[c1 + j - 2]
      const b3 = page[c1 + j - 3]
      const w2 = w[j - 2] - p0 * a2
      const w3 = w[j - 3] - p0 * a3
      const p2 = w2 - p1 * b2
      const rest3 = w3 - p1 * b3
      const e3 = page[c2 + j - 3]
      const p3 = rest3 - p2 * e3
      const d0 = page[c + j]
      const d1 = page[c1 + j - 1]
      const d2 = page[c2 + j - 2]
      const d3 = page[c3 + j - 3]
      const h0 = p0 * d0
      const h1 = p1 * d1
      const h2 = p2 * d2
      const h3 = p3 * d3
      const variance0 = variance + p0 * h0
      const variance1 = variance0 + p1 * h1
      const variance2 = variance1 + p2 * h2
      const variance3 = variance2 + p3 * h3
      const s0 = 1 + q * variance0
      const s1 = 1 + q * variance1
      const s2 = 1 + q * variance2
      const s3 = 1 + q * variance3
      if (s3 <= LARGE_GROWTH * scale) {
        const i0 = 1 / s0
        const i1 = 1 / s1
        const i2 = 1 / s2
        const i3 = 1 / s3
        const g0 = q * h0 * i0
        const g1 = q * h1 * i1
        const g2 = q * h2 * i2
        const g3 = q * h3 * i3
        page[c + j] = widen * d0 * (scale * i0)
        page[c1 + j - 1] = widen * d1 * (s0 * i1)
        page[c2 + j - 2] = widen * d2 * (s1 * i2)
        page[c3 + j - 3] = widen * d3 * (s2 * i3)
        const t0 = page[c + j + 1]
        const t1 = page[c1 + j]
        const t2 = page[c2 + j - 1]
        const t3 = page[c3 + j - 2]
        mean += p0 * t0
        rest -= p0 * t0
        page[c + j + 1] = t0 + g0 * rest
        mean += p1 * t1
        rest -= p1 * t1
        page[c1 + j] = t1 + g1 * rest
        mean += p2 * t2
        rest -= p2 * t2
        page[c2 + j - 1] = t2 + g2 * rest
        mean += p3 * t3
        rest -= p3 * t3
        page[c3 + j - 2] = t3 + g3 * rest
        page[c + j - 1] = a1 + g0 * p1
        page[c + j - 2] = a2 + g0 * w2
        page[c + j - 3] = a3 + g0 * w3
        page[c1 + j - 2] = b2 + g1 * p2
        page[c1 + j - 3] = b3 + g1 * rest3
        page[c2 + j - 3] = e3 + g2 * p3
        const above = (j - 3) | 0
        let i = 0
        // Two rows a round.
        for (const last = (above - 1) | 0; i < last; i = (i + 2) | 0) {
          const k = (i + 1) | 0
          const u0 = page[(c + i) | 0]
          const u1 = page[(c1 + i) | 0]
          const u2 = page[(c2 + i) | 0]
          const u3 = page[(c3 + i) | 0]
          const x0 = w[i] - p0 * u0
          const x1 = x0 - p1 * u1
          const x2 = x1 - p2 * u2
          const x3 = x2 - p3 * u3
          page[(c + i) | 0] = u0 + g0 * x0
          page[(c1 + i) | 0] = u1 + g1 * x1
          page[(c2 + i) | 0] = u2 + g2 * x2
          page[(c3 + i) | 0] = u3 + g3 * x3
          w[i] = x3
          const v0 = page[(c + k) | 0]
          const v1 = page[(c1 + k) | 0]
          const v2 = page[(c2 + k) | 0]
          const v3 = page[(c3 + k) | 0]
          const y0 = w[k] - p0 * v0
          const y1 = y0 - p1 * v1
          const y2 = y1 - p2 * v2
          const y3 = y2 - p3 * v3
          page[(c + k) | 0] = v0 + g0 * y0
          page[(c1 + k) | 0] = v1 + g1 * y1
          page[(c2 + k) | 0] = v2 + g2 * y2
          page[(c3 + k) | 0] = v3 + g3 * y3
          w[k] = y3
        }
        if (i < above) {
          const u0 = page[(c + i) | 0]
          const u1 = page[(c1 + i) | 0]
          const u2 = page[(c2 + i) | 0]
          const u3 = page[(c3 + i) | 0]
          const x0 = w[i] - p0 * u0
          const x1 = x0 - p1 * u1
          const x2 = x1 - p2 * u2
          const x3 = x2 - p3 * u3
          page[(c + i) | 0] = u0 + g0 * x0
          page[(c1 + i) | 0] = u1 + g1 * x1
          page[(c2 + i) | 0] = u2 + g2 * x2
          page[(c3 + i) | 0] = u3 + g3 * x3
          w[i] = x3
        }
        variance = variance3
        scale = s3
        c = (c3 - (j - 4) - 1 - tail) | 0
        j = (j - 4) | 0
        continue
      }
    }
    const p = w[j]
    const d = page[c + j]
    const h = p * d
    const before = scale
    variance += p * h
    scale = 1 + q * variance
    const inverse = 1 / scale
    const gain = q * h * inverse
    page[c + j] = widen * d * (before * inverse)
    const t = page[c + j + 1]
    mean += p * t
    if (scale <= LARGE_GROWTH * before) {
      rest -= p * t
      page[c + j + 1] = t + gain * rest
      for (let i = 0; i < j; i++) {
        const u = page[c + i]
        const x = w[i] - p * u
        page[c + i] = u + gain * x
        w[i] = x
      }
    } else {
      const share = before * inverse
      page[c + j + 1] = share * t + gain * rest
      rest -= p * t
      for (let i = 0; i < j; i++) {
        const u = page[c + i]
        const x = w[i]
        page[c + i] = share * u + gain * x
        w[i] = x - p * u
      }
    }
    c = (c - j - tail) | 0
    j = (j - 1) | 0
  }
  result[MEAN] = mean
  result[VARIANCE] = variance
  const error = target - mean
  result[RESIDUAL] = (q * error * error) / (1 + q * variance)
}

/** m, by Uᵀ m = t. */
export function solveMean(page: Float64Array, at: number, n: number, tail: number, mean: Float64Array): void {
  for (let j = 0; j < n; j++) {
    const c = columnAt(at, j, tail)
    let sum = page[c + j + 1]
    for (let i = 0; i < j; i++) sum -= page[c + i] * mean[i]
    mean[j] = sum
  }
}
