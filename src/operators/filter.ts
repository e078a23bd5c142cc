/** Filter: keeps the records for which the function returns true. Stateless; a throw or a non-boolean rejects the record. */
import { MillraceError } from '../errors.ts'
import { basicCounters, IN, Ledger, PROCESSED } from './ledger.ts'
import type { Operator, OperatorContext } from './operator.ts'

export class FilterOperator implements Operator {
  readonly ledger: Ledger
  readonly #context: OperatorContext
  readonly #keep: (value: unknown) => unknown

  constructor(context: OperatorContext, keep: (value: unknown) => unknown) {
    this.#context = context
    this.#keep = keep
    this.ledger = new Ledger(basicCounters, context.keyGroups)
  }

  receive(_input: number, value: unknown): void {
    const { group } = this.#context.key
    this.ledger.add(IN, group)
    let kept: unknown
    try {
      kept = this.#keep(value)
      if (typeof kept !== 'boolean') throw notBoolean(kept, this.#context.uid)
    } catch (error) {
      this.#context.reject(value, error)
      return
    }
    this.ledger.add(PROCESSED, group)
    if (kept) this.#context.emit(0, value)
  }
}

function notBoolean(got: unknown, uid: string): MillraceError {
  return new MillraceError('ML_VALUE', {
    what: 'a filter must return true or false',
    got: got === undefined ? 'undefined' : got,
    where: `operator "${uid}"`,
    remedy: 'Return a comparison, or wrap the result in Boolean(...)',
  })
}
