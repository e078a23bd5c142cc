// A model for each user; the label comes in the record.
import { features, logistic, pipeline, sgd } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { Click, clicks } from './clicks.ts'

export default pipeline('model-per-key', ({ from }) => {
  const shown = from('clicks', memory([clicks(120, 1), clicks(120, 2), clicks(80, 3)], Click), {
    eventTime: (c) => c.at,
    outOfOrderness: '1s',
  })
  const inputs = features(Click).numeric('amount', 'hour').hourOfDay('at', { utcOffset: '+00:00' })
  const learned = shown
    .keyBy((c) => c.user)
    .learn('clicks-again', logistic({ inputs, optimizer: sgd(0.05) }), { label: (c) => c.clicked })
  learned.to('learned', jsonl('out/learned'))
  // One record by two branches, of which one goes through a shuffle: only the union tells its copies apart.
  const seen = shown.map((c) => ({ id: c.id, how: 'seen' }))
  learned
    .map((l) => ({ id: l.input.id, how: 'learned' }))
    .union(seen)
    .to('both', jsonl('out/both'))
  learned.outcomes.to('outcomes', jsonl('out/outcomes'))
  learned.metrics.to('metrics', jsonl('out/metrics'))
})
