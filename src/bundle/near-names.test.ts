import { expect, test } from 'vitest'
import { nearNames } from './near-names.ts'

test('names with few edits are near, the fewest first, three at most', () => {
  expect(nearNames('flihgts.ts', ['flights.ts', 'flight.ts', 'boats.ts', 'README.md'])).toEqual([
    'flights.ts',
    'flight.ts',
  ])
  expect(nearNames('aaa', ['aab', 'aac', 'aad', 'aae', 'zzz'])).toEqual(['aab', 'aac', 'aad'])
})

test('the same name with another ending, or none, is nearest', () => {
  expect(nearNames('flights', ['flight.js', 'flights.ts'])).toEqual(['flights.ts', 'flight.js'])
  expect(nearNames('x.js', ['x.ts', 'y.js'])).toEqual(['x.ts', 'y.js'])
})

test('nothing is near a name of its own', () => {
  expect(nearNames('departures', ['landings', 'out', ''])).toEqual([])
})
