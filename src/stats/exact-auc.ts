/**
 * Area under the ROC curve of the first `count` scores: the share of (true, false) pairs, by product of weights, in
 * which the true one has the higher score; equal scores count half. For windows, and as the truth `AucSketch` is
 * tested with.
 *
 * Input     finite scores of any range; `labels` holds 1 for true, anything else for false
 * Empty     NaN unless both labels have weight
 * Cost      sorts: O(n log n) time, 4 bytes a score
 * Order     insensitive but for the last bits of sums of weights that are not integers
 * @see Mann & Whitney 1947
 */
export function exactAuc(scores: Float64Array, weights: Float64Array, labels: Uint8Array, count: number): number {
  const order = new Uint32Array(count)
  for (let i = 0; i < count; i++) order[i] = i
  order.sort((a, b) => scores[a] - scores[b] || a - b)
  let won = 0
  let negativeBelow = 0
  let positiveBelow = 0
  for (let from = 0, to = 0; from < count; from = to) {
    const score = scores[order[from]]
    let negative = 0
    let positive = 0
    for (; to < count && scores[order[to]] === score; to++) {
      const at = order[to]
      if (labels[at] === 1) positive += weights[at]
      else negative += weights[at]
    }
    won += positive * (negativeBelow + negative / 2)
    negativeBelow += negative
    positiveBelow += positive
  }
  return won / positiveBelow / negativeBelow
}
