/**
 * The standardiser of `standardiser.ts` apart from any weights, for models that have several for an input: the same
 * three doubles an input, the same arithmetic.
 */

/** The scaler learns from the inputs that are not missing. */
export function updateScaler(page: Float64Array, scaler: number, input: Float64Array, missing: Uint8Array): void {
  for (let j = 0, k = scaler; j < input.length; j++, k += 3) {
    if (missing[j] === 1) continue
    const count = page[k + 2] + 1
    const gain = 1 / count
    const deviation = input[j] - page[k]
    const mean = page[k] + deviation * gain
    const rest = input[j] - mean
    const variance = page[k + 1] * page[k + 1]
    page[k] = mean
    page[k + 1] = Math.sqrt(variance + (deviation * rest - variance) * gain)
    page[k + 2] = count
  }
}

/** Standardises by the scaler as it is; 0 for what is missing, or was the same always. */
export function standardise(
  page: Float64Array,
  scaler: number,
  input: Float64Array,
  missing: Uint8Array,
  scaled: Float64Array,
): void {
  for (let j = 0, k = scaler; j < input.length; j++, k += 3) {
    const deviation = page[k + 1]
    scaled[j] = deviation > 0 && missing[j] === 0 ? (input[j] - page[k]) / deviation : 0
  }
}
