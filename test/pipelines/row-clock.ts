// No source declares an event time: the row number orders records, and what is no record takes a row too.
import { features, logistic, normalized, pipeline } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { Click, clicks } from './clicks.ts'

const torn = clicks(80, 43).flatMap((click, i) => (i % 9 === 0 ? ['{"id":', click] : [click]))

export default pipeline('row-clock', ({ from }) => {
  const shown = from('clicks', memory([clicks(120, 41), clicks(30, 42), torn], Click))
  const inputs = features(Click)
    .numeric('amount', 'hour')
    .categorical('page')
    .cross('page', 'user')
    .dayOfWeek('at', { utcOffset: '+01:00' })
  const learned = shown.learn('clicks-again', logistic({ inputs, optimizer: normalized(0.5) }), {
    label: (c) => (c.id === '41-7' ? (null as never) : c.clicked),
    weight: (c) => (c.hour === 23 ? -1 : 1 + (c.hour % 3)),
  })
  learned.to('learned', jsonl('out/learned'))
  learned.metrics.to('metrics', jsonl('out/metrics'))
  learned.models.to('models', jsonl('out/models'))
  shown.rejected.to('torn', jsonl('out/torn'))
})
