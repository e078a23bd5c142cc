// A model for each user, labels that do not say whose they are: a router remembers.
import { features, logistic, pipeline, sgd } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { Click, clicks, Label, labels } from './clicks.ts'

export default pipeline('routed-labels', ({ from }) => {
  const rows = clicks(240, 11)
  const shown = from('clicks', memory([rows.slice(0, 90), rows.slice(90)], Click), {
    eventTime: (c) => c.at,
    outOfOrderness: '1s',
  })
  const known = from('labels', memory(labels(rows, 12), Label), { eventTime: (l) => l.at })
  const inputs = features(Click).numeric('amount', 'hour')
  const scored = shown
    .keyBy((c) => c.user)
    .predict('buys', logistic({ inputs, optimizer: sgd(0.1) }))
    .learnFrom(known, { key: (c) => c.id, labelKey: (l) => l.id, label: (l) => l.bought, labelTimeout: '40s' })
  scored.to('scores', jsonl('out/scores'))
  scored.outcomes.to('outcomes', jsonl('out/outcomes'))
  scored.expired.to('expired', jsonl('out/expired'))
})
