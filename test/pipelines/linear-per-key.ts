// A linear model for each user, of every task: by count, by event time, and each key's final model in the order of keys.
import { features, linear, pipeline, rmsProp, sgd, softmax, squaredHinge, svm } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { Click, clicks, Label, labels } from './clicks.ts'

export default pipeline('linear-per-key', ({ from }) => {
  const rows = clicks(210, 31)
  const shown = from('clicks', memory([rows.slice(0, 70), rows.slice(70)], Click), {
    eventTime: (c) => c.at,
    outOfOrderness: '1s',
  })
  const known = from('labels', memory(labels(rows, 32), Label), { eventTime: (l) => l.at })
  const inputs = features(Click).numeric('amount', 'hour').hourOfDay('at', { utcOffset: '+00:00' })
  const users = shown.keyBy((c) => c.user)

  const amount = users.learn('amount', linear({ inputs: features(Click).numeric('hour'), optimizer: sgd(0.05) }), {
    label: (c) => c.amount,
    modelEvery: 5,
  })
  amount.to('amounts', jsonl('out/amounts'))
  amount.metrics.to('amount-metrics', jsonl('out/amount-metrics'))
  amount.models.to('amount-models', jsonl('out/amount-models'))

  const classes = ['home', 'search', 'basket', 'pay', 'help']
  const page = users.learn('page', softmax({ inputs, classes, optimizer: rmsProp(0.05), stop: { after: 12 } }), {
    label: (c) => c.page,
    modelEvery: '45s',
  })
  page.to('pages', jsonl('out/pages'))
  page.models.to('page-models', jsonl('out/page-models'))
  page.metrics.to('page-metrics', jsonl('out/page-metrics'))

  const buys = users
    .predict('buys', svm({ inputs, loss: squaredHinge(), optimizer: sgd(0.02) }))
    .learnFrom(known, { key: (c) => c.id, labelKey: (l) => l.id, label: (l) => l.bought, labelTimeout: '40s' })
  buys.to('scores', jsonl('out/scores'))
  buys.outcomes.to('outcomes', jsonl('out/outcomes'))
  buys.models.to('buy-models', jsonl('out/buy-models'))
})
