import { expRest, ln2High, ln2Low, nearestInteger, perLn2 } from '../../numeric/exp-kernel.ts'
import { twoTo } from '../../numeric/powers-of-two.ts'

/**
 * 1/(1 + e^−score), in a form made for the inner loop: three quarters of the time of `numeric/sigmoid`, for up to 2 ulp
 * instead of 0.6 (a part in 2^52). Deterministic like it. Beyond ±700 it is 0 or 1; NaN stays NaN.
 */
export function probabilityOf(score: number): number {
  if (!(score > -700 && score < 700)) return score > 0 ? 1 : score < 0 ? 0 : score
  const k = nearestInteger(-score * perLn2)
  const r = -score - k * ln2High - k * ln2Low
  return 1 / (1 + (1 + (r + expRest(r, 0))) * twoTo(k))
}
