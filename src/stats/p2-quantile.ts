/**
 * A quantile of a stream in eight doubles and no buffer: P², which moves five markers along a parabola through them.
 *
 * The markers are the least value, the middle between it and the quantile, the quantile, the middle above, and the
 * greatest. State at `at`: five heights, then the ranks of the three inner markers; the count is its owner's. The first
 * five values are kept sorted in the heights; with them alone the quantile is the one at ⌊count · q⌋, as in River.
 *
 * Input     finite values; with them everything stays finite, and heights stay in order
 * Cost      about 60 ns an update
 * Order     sensitive: an estimate, whose error no bound limits on adversarial streams
 * @see Jain & Chlamtac 1985; River 0.26.1 `stats.Quantile`, whose numbers these are
 */

/** Doubles of a quantile, beside the count. */
export const P2_DOUBLES = 8
const HEIGHTS = 5

/** Takes a value in; `count` is that of the values before it. */
export function updateP2(page: Float64Array, at: number, count: number, q: number, value: number): void {
  if (count < HEIGHTS) {
    insert(page, at, count, value)
    if (count === HEIGHTS - 1) for (let i = 1; i < 4; i++) page[at + HEIGHTS + i - 1] = i + 1
    return
  }
  const ranks = at + HEIGHTS - 1
  if (value < page[at]) page[at] = value
  if (value > page[at + 4]) page[at + 4] = value
  for (let i = 1; i < 4; i++) if (value < page[at + i]) page[ranks + i]++
  for (let i = 1; i < 4; i++) {
    const share = i === 1 ? q / 2 : i === 2 ? q : (1 + q) / 2
    const rank = page[ranks + i]
    const off = 1 + count * share - rank
    const below = i === 1 ? 1 : page[ranks + i - 1]
    const above = i === 3 ? count + 1 : page[ranks + i + 1]
    if (off >= 1 && above - rank > 1) moveMarker(page, at + i, ranks + i, below, above, 1)
    else if (off <= -1 && below - rank < -1) moveMarker(page, at + i, ranks + i, below, above, -1)
  }
}

/** The estimate; `count` is that of the values so far, 1 or more. */
export function quantileP2(page: Float64Array, at: number, count: number, q: number): number {
  if (count <= HEIGHTS) return page[at + Math.floor(count * q)]
  return page[at + 2]
}

/** No update leaves such doubles. */
export function isCorruptP2(page: Float64Array, at: number, count: number): boolean {
  for (let i = 1; i < Math.min(count, HEIGHTS); i++) if (!(page[at + i - 1] <= page[at + i])) return true
  if (count < HEIGHTS) return false
  let before = 1
  for (let i = 0; i < 3; i++) {
    const rank = page[at + HEIGHTS + i]
    if (!(Number.isSafeInteger(rank) && rank > before)) return true
    before = rank
  }
  return before >= count
}

function insert(page: Float64Array, at: number, count: number, value: number): void {
  let place = count
  for (; place > 0 && page[at + place - 1] > value; place--) page[at + place] = page[at + place - 1]
  page[at + place] = value
}

/** Moves a marker one rank up or down: along the parabola, or straight where that would leave the order. */
function moveMarker(page: Float64Array, at: number, rankAt: number, below: number, above: number, step: number): void {
  const rank = page[rankAt]
  const [low, height, high] = [page[at - 1], page[at], page[at + 1]]
  const up = ((rank - below + step) * (high - height)) / (above - rank)
  const down = ((above - rank - step) * (height - low)) / (rank - below)
  const curved = height + (step / (above - below)) * (up + down)
  if (low < curved && curved < high) page[at] = curved
  else {
    const next = step > 0 ? high : low
    const nextRank = step > 0 ? above : below
    page[at] = height + (step * (next - height)) / (nextRank - rank)
  }
  page[rankAt] = rank + step
}
