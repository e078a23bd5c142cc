// Own operator: sessions per user, closed by a timer; state with a time to live; a function that throws.
import { pipeline } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { Click, clicks } from './clicks.ts'

interface Session {
  readonly count: number
  readonly total: number
  readonly since: number
  readonly last: number
}

const GAP_MS = 10_000

export default pipeline('timers', ({ from }) => {
  const shown = from('clicks', memory([clicks(200, 21), clicks(120, 22)], Click), {
    eventTime: (c) => c.at,
    outOfOrderness: '1s',
  })
  const sessions = shown
    .keyBy((c) => c.user)
    .process<{ user: unknown; count: number; total: number; from: number; to: number }, Session>('sessions', {
      onRecord(click, context) {
        const before = context.state.get()
        const { count = 0, total = 0, since = click.at, last = 0 } = before ?? {}
        context.state.set({ count: count + 1, total: total + click.amount, since, last: Math.max(last, click.at) })
        if (before !== undefined) context.timers.deleteEvent(before.last + GAP_MS, 'gap')
        context.timers.event(Math.max(last, click.at) + GAP_MS, 'gap')
        if (click.amount > 14.9) throw new RangeError(`too much: ${click.amount}`)
      },
      onTimer(_time, context) {
        const session = context.state.get()
        if (session === undefined) return
        context.emit({
          user: context.key,
          count: session.count,
          total: session.total,
          from: session.since,
          to: session.last,
        })
        context.state.clear()
      },
      ttl: '30s',
    })
  sessions.to('sessions-out', jsonl('out/sessions'))
  sessions.rejected.to('threw', jsonl('out/threw'))
})
