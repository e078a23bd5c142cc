// One source comes to its end long before the other: what its stages give out at the end is given out once.
import { features, logistic, pipeline } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { Click, clicks } from './clicks.ts'

export default pipeline('early-end', ({ from }) => {
  const options = { eventTime: (c: { at: number }) => c.at, outOfOrderness: '1s' as const }
  const short = from('short', memory([clicks(12, 81)], Click), options)
  const long = from('long', memory([clicks(160, 82), clicks(30, 83)], Click), options)
  const inputs = features(Click).numeric('amount', 'hour')
  const learned = short.learn('early', logistic({ inputs }), { label: (c) => c.clicked })
  learned.models.to('models', jsonl('out/models', { partBytes: 1 }))
  learned.metrics.to('metrics', jsonl('out/metrics'))
  long
    .union(short)
    .keyBy((c) => c.page)
    .process<{ page: string; total: number }, number>('totals', {
      onRecord(click, context) {
        const total = (context.state.get() ?? 0) + click.amount
        context.state.set(total)
        context.emit({ page: click.page, total })
      },
    })
    .to('totals-out', jsonl('out/totals'))
})
