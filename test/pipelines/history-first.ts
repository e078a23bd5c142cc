// Parts of one source: CSV of the past, then a folder of JSON lines that goes on where it ends, some of it before that.
import { hybrid, number, pipeline, record, string, time } from 'millrace'
import { csv, jsonl, watch } from 'millrace/file'

const Reading = record({ sensor: string(), value: number().nullable(), at: time() })

export default pipeline('history-first', ({ from }) => {
  const history = csv(['readings.csv', 'more-readings.csv.gz'], Reading)
  const since = watch('since', Reading, { bounded: true })
  from('readings', hybrid(history, since), { eventTime: (r) => r.at, outOfOrderness: '1m' })
    .keyBy((r) => r.sensor)
    .process<{ sensor: string; of: number; at: number }, number>('ordinals', {
      onRecord(r, context) {
        const of = (context.state.get() ?? 0) + 1
        context.state.set(of)
        context.emit({ sensor: r.sensor, of, at: r.at })
      },
    })
    .to('ordinals-out', jsonl('out/ordinals', { partBytes: 500 }))
})
