// Records for the test pipelines: made by arithmetic alone, the same in every engine.
import { boolean, integer, number, record, string, time } from 'millrace'

export const Click = record({
  id: string(),
  user: string(),
  page: string(),
  amount: number(),
  hour: integer(),
  clicked: boolean(),
  at: time({ unit: 'ms' }),
})

export const Label = record({ id: string(), bought: boolean(), at: time({ unit: 'ms' }) })

export interface ClickRow {
  readonly id: string
  readonly user: string
  readonly page: string
  readonly amount: number
  readonly hour: number
  readonly clicked: boolean
  readonly at: number
}

const START = 1_600_000_000_000
const PAGES = ['home', 'search', 'basket', 'pay', 'help']

/** A small generator of its own: pipelines read no clock and draw no luck. */
function* draws(seed: number): Generator<number> {
  let state = seed >>> 0
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    yield state / 4294967296
  }
}

/** `count` clicks, a few of equal time, at most one second out of order within the split. */
export function clicks(count: number, seed: number): ClickRow[] {
  const random = draws(seed)
  const next = () => random.next().value as number
  return Array.from({ length: count }, (_unused, i) => {
    const page = PAGES[Math.floor(next() * PAGES.length)]
    const amount = Math.round((next() * 20 - 5) * 100) / 100
    const hour = Math.floor(next() * 24)
    const clicked = amount / 10 + (page === 'pay' ? 1 : 0) + (hour > 12 ? 0.4 : 0) + next() - 1 > 0.5
    return {
      id: `${seed}-${i}`,
      user: `u${Math.floor(next() * next() * 50)}`,
      page,
      amount,
      hour,
      clicked,
      at: START + Math.floor(i / 3) * 1000 + Math.floor(next() * 1000),
    }
  })
}

/** Labels of most clicks, late, out of order; some twice, some for nobody, some before their click. */
export function labels(rows: readonly ClickRow[], seed: number): { id: string; bought: boolean; at: number }[] {
  const random = draws(seed)
  const next = () => random.next().value as number
  const made: { id: string; bought: boolean; at: number }[] = []
  for (const row of rows) {
    const luck = next()
    if (luck < 0.08) continue
    const at = row.at + Math.floor(next() * 60_000) - 3000
    made.push({ id: row.id, bought: row.clicked, at })
    if (luck > 0.95) made.push({ id: row.id, bought: luck > 0.98 ? !row.clicked : row.clicked, at: at + 5000 })
    if (luck > 0.5 && luck < 0.51) made.push({ id: `nobody-${row.id}`, bought: true, at })
  }
  return made.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
}
