// Learners of the user's own: one model for all with late labels, one for each key, one for each class; some records they refuse.
import { defineLearner, features, forEachInput, oneVsRest, pipeline } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { exponentiatedGradient } from '../../examples/own-learner.ts'
import { Click, clicks, Label, labels } from './clicks.ts'

/** The mean of the label for each input, faded, and their mean weighted by how often each was seen. */
const means = defineLearner({
  kind: 'faded-means',
  task: 'regression',
  options: { fade: 0.9 },
  perSlot: 2,
  predictOne(model, x, out) {
    const { row } = model
    let sum = 0
    let weights = 1
    forEachInput(x, (slot, value) => {
      const at = model.at(slot)
      const weight = Math.tanh(Math.abs(value)) * row[at + 1]
      sum += weight * row[at]
      weights += weight
    })
    out[0] = sum / weights
  },
  learnOne(model, x, y, weight) {
    const { row, options } = model
    forEachInput(x, (slot) => {
      const at = model.at(slot)
      row[at + 1] = options.fade * row[at + 1] + weight
      row[at] += (weight / row[at + 1]) * (y - row[at])
    })
    if (model.steps % 17 === 16) throw new Error(`no record after ${model.steps} is good enough`)
    if (y > 14) row[0] = Infinity
  },
})

export default pipeline('own-learner', ({ from }) => {
  const rows = clicks(240, 61)
  const shown = from('clicks', memory([rows.slice(0, 150), rows.slice(150)], Click), {
    eventTime: (c) => c.at,
    outOfOrderness: '1s',
  })
  const known = from('labels', memory(labels(rows, 62), Label), { eventTime: (l) => l.at })
  const inputs = features(Click).numeric('amount', 'hour').categorical('page', 'user')

  const scored = shown
    .predict('buys', exponentiatedGradient({ inputs, rate: 0.1 }), { metricsEvery: '30s', modelEvery: 50 })
    .learnFrom(known, { key: (c) => c.id, labelKey: (l) => l.id, label: (l) => l.bought, labelTimeout: '45s' })
  scored.to('scores', jsonl('out/scores'))
  scored.outcomes.to('outcomes', jsonl('out/outcomes'))
  scored.metrics.to('metrics', jsonl('out/metrics'))
  scored.models.to('models', jsonl('out/models'))

  const fixed = features(Click).numeric('hour').hourOfDay('at', { utcOffset: '+00:00' })
  const amounts = shown
    .keyBy((c) => c.user)
    .learn('amounts', means({ inputs: fixed, fade: 0.8 }), { label: (c) => c.amount })
  amounts.to('amounts-scored', jsonl('out/amounts'))
  amounts.rejected.to('refused', jsonl('out/refused'))
  amounts.metrics.to('amounts-metrics', jsonl('out/amounts-metrics'))

  const pages = shown.learn(
    'pages',
    oneVsRest(exponentiatedGradient({ inputs: features(Click).numeric('amount', 'hour') }), { maxClasses: 6 }),
    {
      label: (c) => c.page,
      weight: (c) => (c.clicked ? 2 : 1),
    },
  )
  pages.to('pages-scored', jsonl('out/pages'))
  pages.models.to('pages-models', jsonl('out/pages-models'))
})
