// In order of arrival results may come in any order; which there are depends on the records alone.
import { pipeline } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { Click, clicks } from './clicks.ts'

export default pipeline(
  'arrival',
  ({ from }) => {
    const shown = from('clicks', memory([clicks(80, 61), clicks(40, 62)], Click), {
      eventTime: (c) => c.at,
      outOfOrderness: '1s',
    })
    shown
      .filter((c) => c.hour !== 3)
      .map((c) => ({ id: c.id, page: c.page, dear: c.amount > 5 }))
      .keyBy((c) => c.page)
      .process<{ id: string; dear: boolean }, { sum: number }>('seen', {
        onRecord(click, context) {
          context.state.set({ sum: (context.state.get()?.sum ?? 0) + (click.dear ? 1 : 0) })
          context.emit({ id: click.id, dear: click.dear })
        },
      })
      .to('seen-out', jsonl('out/seen'))
  },
  { order: 'arrival' },
)
