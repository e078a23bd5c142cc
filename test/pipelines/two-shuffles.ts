// Keyed twice in a row: what timers of the first keys emit is put in order again for the second; then all in one place.
import { pipeline } from 'millrace'
import { csv, jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { Click, clicks } from './clicks.ts'

export default pipeline('two-shuffles', ({ from }) => {
  const shown = from('clicks', memory([clicks(90, 31), clicks(60, 32)], Click), {
    eventTime: (c) => c.at,
    outOfOrderness: '1s',
  })
  const perUser = shown
    .keyBy((c) => c.user)
    .process<{ user: string; page: string; times: number; at: number }, { times: number; page: string }>('per-user', {
      onRecord(click, context) {
        const times = (context.state.get()?.times ?? 0) + 1
        context.state.set({ times, page: click.page })
        // Timers of many keys fall on one instant.
        context.timers.event(Math.ceil(context.time / 5000) * 5000, 'five')
        for (let i = 0; i < times % 3; i++)
          context.emit({ user: click.user, page: click.page, times: i, at: context.time })
      },
      onTimer(at, context) {
        const { times, page } = context.state.get() ?? { times: -1, page: 'none' }
        context.emit({ user: String(context.key), page, times, at })
      },
    })
  const perPage = perUser
    .map((u) => ({ ...u, twice: u.times * 2 }))
    .flatMap((u) => [u, { ...u, page: 'any' }])
    .keyBy((u) => [u.page, u.times % 2])
    .process<{ key: unknown; users: string; at: number }, string>('per-page', {
      onRecord(u, context) {
        const users = `${context.state.get() ?? ''}${u.user}`.slice(-24)
        context.state.set(users)
        context.emit({ key: context.key, users, at: context.time })
      },
    })
  perPage.to('pages', jsonl('out/pages', { partBytes: 3000 }))
  perUser.union(perUser).to('users', csv('out/users', { columns: ['user', 'page', 'times', 'at'], partBytes: 2000 }))
  perPage
    .process<{ last: unknown; rows: number }, { rows: number }>('last-hour', {
      onRecord(page, context) {
        const rows = (context.state.get()?.rows ?? 0) + 1
        context.state.set({ rows })
        if (rows % 7 === 0) context.emit({ last: page.key, rows })
      },
    })
    .to('every-seventh', jsonl('out/every-seventh'))
})
