// The records of `events.mjs`.
import { boolean, number, record, string, time } from 'millrace'

export const Event = record({
  at: time({ unit: 'ms' }),
  user: string(),
  page: string(),
  f0: number(),
  f1: number(),
  f2: number(),
  f3: number(),
  f4: number(),
  f5: number(),
  f6: number(),
  f7: number(),
  clicked: boolean(),
})
