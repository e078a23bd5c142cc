import type { Operator } from '../operators/operator.ts'
import type { FrameRows } from './frame-rows.ts'

/** Gives an operator rows from `from` on; returns the first that has to come as a record, or how many there are. */
export function receiveRows(operator: Operator, input: number, rows: FrameRows, from: number): number {
  const { keys } = rows
  const to = keys === undefined ? rows.count : keys.fill(rows, from)
  if (keys !== undefined && from === 0 && operator.large === true) {
    operator.warm?.(keys.all(to), to)
    keys.keep(0, to)
  }
  const done = operator.receiveRows?.(input, rows, from, to) ?? from
  keys?.keep(from, done)
  return done
}
