import { columnAt } from '../../numeric/packed-cholesky.ts'

/**
 * Moves a posterior's coordinates to other places and integrates over those that go, in a row where the others are as
 * the prior has them.
 *
 * In Λ = U D Uᵀ the last coordinates can be left out as they stand: the rest is the precision of their marginal. So
 * where coordinates keep their order and the last ones go, columns are copied, to the bit. Else the matrix is factored
 * again with the coordinates that stay in front: Λ is the sum of dₖ uₖ uₖᵀ over its columns, and each is added to an empty
 * factor like an observation of tₖ.
 * @param places by old coordinate: the new one, or -1
 * @see Bierman 1977, chapter 5 (the order of elimination); Agee & Turner 1972 (the update, which can begin at 0)
 */
export function rearrange(
  from: Float64Array,
  fromAt: number,
  places: Int32Array,
  to: Float64Array,
  toAt: number,
  tail: number,
): void {
  const stay = [...places.keys()].filter((j) => places[j] >= 0).sort((a, b) => places[a] - places[b])
  const inOrder = stay.every((old, i) => old === i)
  const page = inOrder ? from : refactored(from, fromAt, places, stay, tail)
  const at = inOrder ? fromAt : 0
  stay.forEach((old, j) => {
    const source = columnAt(at, j, tail)
    const target = columnAt(toAt, places[old], tail)
    for (let i = 0; i < j; i++) to[target + places[stay[i]]] = page[source + i]
    to[target + places[old]] = page[source + j]
    to[target + places[old] + 1] = page[source + j + 1]
    if (tail > 1) to[target + places[old] + 2] = from[columnAt(fromAt, old, tail) + old + 2]
  })
}

/** The same matrix with the coordinates that stay in front, in their new order. */
function refactored(
  from: Float64Array,
  fromAt: number,
  places: Int32Array,
  stay: readonly number[],
  tail: number,
): Float64Array {
  const n = places.length
  const order = [...stay, ...[...places.keys()].filter((j) => places[j] < 0)]
  const position = new Int32Array(n)
  order.forEach((old, j) => {
    position[old] = j
  })
  const page = new Float64Array(columnAt(0, n, tail))
  const w = new Float64Array(n)
  for (let k = 0; k < n; k++) {
    const c = columnAt(fromAt, k, tail)
    w.fill(0)
    for (let i = 0; i < k; i++) w[position[i]] = from[c + i]
    w[position[k]] = 1
    addColumn(page, n, tail, w, 1 / from[c + k], from[c + k + 1])
  }
  for (let j = 0; j < n; j++) page[columnAt(0, j, tail) + j] = 1 / page[columnAt(0, j, tail) + j]
  return page
}

/** Adds precision · w wᵀ and its target to a factor with d on its diagonal, not 1/d, as it begins with zeros there. */
function addColumn(page: Float64Array, n: number, tail: number, w: Float64Array, precision: number, t: number): void {
  let left = precision
  let rest = t
  for (let j = n - 1; j >= 0 && left > 0; j--) {
    const p = w[j]
    if (p === 0) continue
    const c = columnAt(0, j, tail)
    const before = page[c + j]
    const after = before + left * p * p
    const share = before / after
    const gain = (left * p) / after
    const old = page[c + j + 1]
    page[c + j] = after
    page[c + j + 1] = share * old + gain * rest
    rest -= p * old
    for (let i = 0; i < j; i++) {
      const u = page[c + i]
      page[c + i] = share * u + gain * w[i]
      w[i] -= p * u
    }
    left *= share
  }
}
