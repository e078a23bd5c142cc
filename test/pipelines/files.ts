// Files as sources: CSV plain and gzip with other columns, JSON lines without a last newline, cells that are no numbers.
import { boolean, number, pipeline, record, string, time } from 'millrace'
import { csv, jsonl } from 'millrace/file'

const Reading = record({ sensor: string(), value: number().nullable(), at: time() })
const Alarm = record({ sensor: string(), high: boolean(), at: time() })

export default pipeline('files', ({ from }) => {
  const readings = from('readings', csv(['readings.csv', 'more-readings.csv.gz'], Reading), {
    eventTime: (r) => r.at,
    outOfOrderness: '1m',
  })
  const alarms = from('alarms', jsonl('alarms.jsonl', Alarm), { eventTime: (a) => a.at, outOfOrderness: '1h' })
  readings
    .map((r) => ({ sensor: r.sensor, value: r.value, alarm: false as boolean, at: r.at }))
    .union(alarms.map((a) => ({ sensor: a.sensor, value: null as number | null, alarm: a.high, at: a.at })))
    .keyBy((r) => r.sensor)
    .process<{ sensor: string; mean: number | null; since: number }, { sum: number; count: number }>('means', {
      onRecord(r, context) {
        const { sum, count } = context.state.get() ?? { sum: 0, count: 0 }
        if (r.value !== null) context.state.set({ sum: sum + r.value, count: count + 1 })
        if (r.alarm) context.emit({ sensor: r.sensor, mean: count === 0 ? null : sum / count, since: r.at })
        context.timers.event(Math.ceil(r.at / 600_000) * 600_000)
      },
      onTimer(at, context) {
        const { sum, count } = context.state.get() ?? { sum: 0, count: 0 }
        context.emit({ sensor: String(context.key), mean: count === 0 ? null : sum / count, since: at })
        context.state.clear()
      },
    })
    .to('means-out', csv('out/means', { columns: ['sensor', 'mean', 'since'], partBytes: 500 }))
  readings.late.to('late', jsonl('out/late'))
  readings.rejected.to('unreadable', jsonl('out/unreadable'))
})
