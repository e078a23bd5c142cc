import { expect, it } from 'vitest'
import { nearestName } from './nearest-name.ts'

it('finds the name that was meant, and none where none is near', () => {
  const names = ['flight_id', 'carrier', 'origin', 'dest', 'Scheduled At', 'distance']
  expect(nearestName('scheduledAt', names)).toBe('Scheduled At')
  expect(nearestName('flightId', names)).toBe('flight_id')
  expect(nearestName('carreir', names)).toBe('carrier')
  expect(nearestName('distanse', names)).toBe('distance')
  expect(nearestName('tailnum', names)).toBeUndefined()
  expect(nearestName('x', [])).toBeUndefined()
})
