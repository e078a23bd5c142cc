import { log } from '../numeric/log.ts'

const smallest = 1e-15
const largest = 1 - 1e-15

/** -ln of the probability that was given to the label. Certain and wrong costs 34.5 nats, not infinitely many. */
export function logLoss(given: number): number {
  return -log(Math.min(Math.max(given, smallest), largest))
}
