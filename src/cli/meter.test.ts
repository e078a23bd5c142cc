import { describe, expect, test } from 'vitest'
import { Meter } from './meter.ts'

describe('the meter', () => {
  test('shows a rate at the first look, and counts only what this run has read', () => {
    const meter = new Meter(1_000_000, 500)
    expect(meter.look(1_000_050, 600)).toBe(500)
    expect(meter.total(1_000_050, 600)).toEqual({ records: 50, ms: 100, rate: 500 })
  })

  test('follows a change of speed within the window', () => {
    const meter = new Meter(0, 0)
    let records = 0
    let at = 0
    const go = (perLook: number, looks: number) => {
      let rate = 0
      for (let i = 0; i < looks; i++) rate = meter.look((records += perLook), (at += 250))
      return rate
    }
    expect(go(2500, 40)).toBe(10_000)
    expect(go(250, 13)).toBe(1000)
    expect(meter.total(records, at).rate).toBe(Math.round((100_000 + 3250) / 13.25))
  })

  test('falls to nothing in a pause that nobody looked at', () => {
    const meter = new Meter(0, 0)
    meter.look(10_000, 1000)
    expect(meter.look(10_000, 61_000)).toBe(0)
  })
})
