// One model for all, labels from a second source: early, late, twice, never.
import { adagrad, features, logistic, pipeline } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { Click, clicks, Label, labels } from './clicks.ts'

export default pipeline('predict-later', ({ from }) => {
  const rows = clicks(300, 7)
  const shown = from('clicks', memory([rows.slice(0, 180), rows.slice(180)], Click), {
    eventTime: (c) => c.at,
    outOfOrderness: '1s',
  })
  const known = from('labels', memory(labels(rows, 8), Label), { eventTime: (l) => l.at })
  const inputs = features(Click).numeric('amount').categorical('page', 'user').hourOfDay('at', { utcOffset: '+00:00' })
  const scored = shown
    .predict('buys', logistic({ inputs, optimizer: adagrad(0.3) }), { metricsEvery: '30s', modelEvery: 60 })
    .learnFrom(known, {
      key: (c) => c.id,
      labelKey: (l) => l.id,
      label: (l) => l.bought,
      labelTimeout: '45s',
    })
  scored.to('scores', jsonl('out/scores'))
  scored.outcomes.to('outcomes', jsonl('out/outcomes'))
  scored.expired.to('expired', jsonl('out/expired'))
  scored.metrics.to('metrics', jsonl('out/metrics'))
  scored.models.to('models', jsonl('out/models'))
})
