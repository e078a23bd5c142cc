import { expect, test } from 'vitest'
import type { Plan } from '../../stage/plan.ts'
import { ledgersOf, recordsIn } from './ledgers.ts'

const counter = (name: string, value: number) => ({ name, type: 'LongCounter', value: String(value) })

test('accumulators become ledgers, in the order of the plan, with zero for what was not counted', () => {
  const found = [
    counter('ledger/source/landings/in', 7),
    counter('ledger/source/departures/in', 10),
    counter('ledger/source/departures/late', 2),
    counter('ledger/operator/a/b/predictions', 5),
    counter('numRecords', 99),
  ]
  const plan = { sources: [{ uid: 'departures' }, { uid: 'landings' }], operators: [{ uid: 'a/b' }] } as unknown as Plan
  const ledgers = ledgersOf(found, plan)
  expect(Object.keys(ledgers.sources)).toEqual(['departures', 'landings'])
  expect(ledgers.sources.departures).toEqual({ in: 10, processed: 0, rejected: 0, late: 2 })
  expect(ledgers.operators).toEqual({ 'a/b': { in: 0, processed: 0, rejected: 0, late: 0, predictions: 5 } })
  expect(recordsIn(ledgers)).toBe(17)
  expect(Object.keys(ledgersOf(found).sources)).toEqual(['departures', 'landings'])
})

test('a job that has counted nothing yet has empty ledgers', () => {
  expect(ledgersOf([])).toEqual({ sources: {}, operators: {} })
  expect(recordsIn(ledgersOf([]))).toBe(0)
})
