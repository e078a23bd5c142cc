// A model for each user; the label comes in the record.
import { features, logistic, pipeline, sgd } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { Click, clicks } from './clicks.ts'

export default pipeline('model-per-key', ({ from }) => {
  const shown = from('clicks', memory([clicks(300, 1), clicks(300, 2), clicks(200, 3)], Click), {
    eventTime: (c) => c.at,
    outOfOrderness: '1s',
  })
  const inputs = features(Click).numeric('amount', 'hour').hourOfDay('at', { utcOffset: '+00:00' })
  const learned = shown
    .keyBy((c) => c.user)
    .learn('clicks-again', logistic({ inputs, optimizer: sgd(0.05) }), { label: (c) => c.clicked })
  learned.to('learned', jsonl('out/learned'))
  learned.outcomes.to('outcomes', jsonl('out/outcomes'))
  learned.metrics.to('metrics', jsonl('out/metrics'))
})
