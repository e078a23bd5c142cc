/**
 * FlatMap: one record in, any number of values out, in the order of the returned array. Stateless.
 *
 * All or nothing: when the function throws, or one value cannot be carried, the record is rejected and nothing is emitted.
 */
import { MillraceError } from '../errors.ts'
import { checkValue } from '../formats/value-codec.ts'
import { basicCounters, IN, Ledger, PROCESSED } from './ledger.ts'
import type { Operator, OperatorContext } from './operator.ts'

export class FlatMapOperator implements Operator {
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
    let values: readonly unknown[]
    try {
      values = this.#expand(value)
    } catch (error) {
      this.#context.reject(value, error)
      return
    }
    this.ledger.add(PROCESSED, group)
    for (let i = 0; i < values.length; i++) this.#context.emitChild(0, values[i], i)
  }

  #expand(value: unknown): readonly unknown[] {
    const values = this.#map(value)
    if (!Array.isArray(values)) {
      throw new MillraceError('ML_VALUE', {
        what: 'a flatMap must return an array',
        got: values === undefined ? 'undefined' : values,
        where: `operator "${this.#context.uid}"`,
        remedy: 'Return [] to emit nothing',
      })
    }
    checkValue(values)
    return values
  }
}
