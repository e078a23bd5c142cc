/**
 * Map: one record in, one value out. Stateless: time and key pass through untouched.
 *
 * A throw rejects the record; so does a result that the value codec cannot carry, because it could not travel on a cluster.
 */
import { checkValue } from '../formats/value-codec.ts'
import { basicCounters, IN, Ledger, PROCESSED } from './ledger.ts'
import type { Operator, OperatorContext } from './operator.ts'

export class MapOperator implements Operator {
  readonly ledger: Ledger
  readonly #context: OperatorContext
  readonly #map: (value: unknown) => unknown

  constructor(context: OperatorContext, map: (value: unknown) => unknown) {
    this.#context = context
    this.#map = map
    this.ledger = new Ledger(basicCounters, context.keyGroups)
  }

  receive(_input: number, value: unknown): void {
    const { group } = this.#context.key
    this.ledger.add(IN, group)
    let mapped: unknown
    try {
      mapped = this.#map(value)
      checkValue(mapped)
    } catch (error) {
      this.#context.reject(value, error)
      return
    }
    this.ledger.add(PROCESSED, group)
    this.#context.emit(0, mapped)
  }
}
