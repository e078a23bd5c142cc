import { expect, test } from 'vitest'
import { Exposition } from './exposition.ts'

test('a family says what it is before its samples, in the format that Prometheus reads', () => {
  const out = new Exposition()
  out.family('counter', 'rows_total', 'Rows, "all"\nof\\them.', [
    [{ sink: 'a"b\\c\nd' }, 3],
    [{ sink: 'é', part: '0' }, 2 ** 53],
  ])
  expect(out.text()).toBe(
    '# HELP rows_total Rows, "all"\\nof\\\\them.\n# TYPE rows_total counter\n' +
      'rows_total{sink="a\\"b\\\\c\\nd"} 3\nrows_total{sink="é",part="0"} 9007199254740992\n',
  )
})

test('numbers that are not finite have names, and what has no value is left out', () => {
  const out = new Exposition()
  out.family('gauge', 'g', 'G.', [
    [{ v: 'a' }, Number.NaN],
    [{ v: 'b' }, Number.POSITIVE_INFINITY],
    [{ v: 'c' }, Number.NEGATIVE_INFINITY],
    [{ v: 'd' }, 1e-7],
  ])
  out.single('gauge', 'absent', 'Absent.', undefined)
  out.family('gauge', 'empty', 'Empty.', [])
  expect(out.text().split('\n').slice(2)).toEqual([
    'g{v="a"} NaN',
    'g{v="b"} +Inf',
    'g{v="c"} -Inf',
    'g{v="d"} 1e-7',
    '',
  ])
})

test('a histogram adds its buckets up, and the last one has everything', () => {
  const out = new Exposition()
  out.histogram('took_seconds', 'Took.', { bounds: [0.1, 1], counts: [2, 3], count: 6, sum: 12.5 })
  expect(out.text().split('\n').slice(2, -1)).toEqual([
    'took_seconds_bucket{le="0.1"} 2',
    'took_seconds_bucket{le="1"} 5',
    'took_seconds_bucket{le="+Inf"} 6',
    'took_seconds_sum 12.5',
    'took_seconds_count 6',
  ])
})

test('a name that Prometheus would refuse is refused here', () => {
  const out = new Exposition()
  expect(() => out.single('gauge', 'a-b', 'x', 1)).toThrow('"a-b"')
  expect(() => out.family('gauge', 'a', 'x', [[{ 'b-c': 'd' }, 1]])).toThrow('"b-c"')
})
