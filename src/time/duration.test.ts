import { describe, expect, test } from 'vitest'
import { durationMs } from './duration.ts'

describe('durationMs', () => {
  test.each([
    [0, 0],
    [-0, 0],
    [1500, 1500],
    ['0ms', 0],
    ['500ms', 500],
    ['2d', 172_800_000],
    ['1h30m', 5_400_000],
    ['1h 30m', 5_400_000],
    [' 1d2h3m4s5ms ', 93_784_005],
    ['5m5ms', 300_005],
    ['1.5h', 5_400_000],
    ['0.1s', 100],
    ['0.29s', 290],
    ['1.500000000d', 129_600_000],
    ['104249991d', 104249991 * 86_400_000],
  ])('%j is %d ms', (duration, ms) => {
    expect(Object.is(durationMs(duration, 'labelTimeout'), ms)).toBe(true)
  })

  test.each([
    '',
    ' ',
    '5',
    'd',
    '-1s',
    '+1s',
    '1S',
    '1 s',
    '1m1m',
    '30m1h',
    '1ms1s',
    '1.5ms',
    '0.0001s',
    '.5s',
    '1.s',
    '1e3s',
    '1w',
    '9999999999999999d',
    '0x1s',
    -1,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
  ])('%j is refused with the forms that are accepted', (duration) => {
    expect(() => durationMs(duration, 'labelTimeout')).toThrow(/^ML_RANGE: a duration .* at labelTimeout\. .*'1h30m'/)
  })
})
