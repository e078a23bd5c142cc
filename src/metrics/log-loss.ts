import { log } from '../numeric/log.ts'

const smallest = 1e-15
const largest = 1 - 1e-15

/** A probability as the loss takes it: certain and wrong costs 34.5 nats, not infinitely many. */
export function cut(given: number): number {
  return Math.min(Math.max(given, smallest), largest)
}

/** -ln of the probability that was given to the label. */
export function logLoss(given: number): number {
  return -log(cut(given))
}
