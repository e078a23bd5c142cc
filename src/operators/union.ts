/**
 * Union: several streams as one. Stateless. The input's ordinal joins the record's identity, so that a record that
 * arrives by two branches keeps two places in the order of records.
 */
import { basicCounters, IN, Ledger, PROCESSED } from './ledger.ts'
import type { Operator, OperatorContext } from './operator.ts'

export class UnionOperator implements Operator {
  readonly ledger: Ledger
  readonly #context: OperatorContext

  constructor(context: OperatorContext) {
    this.#context = context
    this.ledger = new Ledger(basicCounters, context.keyGroups)
  }

  receive(input: number, value: unknown): void {
    const { group } = this.#context.key
    this.ledger.add(IN, group)
    this.ledger.add(PROCESSED, group)
    this.#context.emitChild(0, value, input)
  }
}
