// Linear models of every task over one stream: a number, one of several classes as they appear, a margin; labels in the
// record and labels that come later; models that go out by event time, and one that stops learning.
import { adam, features, ftrl, huber, linear, momentum, pipeline, poisson, sgd, softmax, svm } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { Click, clicks, Label, labels } from './clicks.ts'

export default pipeline('linear-tasks', ({ from }) => {
  const rows = clicks(240, 21)
  const shown = from('clicks', memory([rows.slice(0, 140), rows.slice(140)], Click), {
    eventTime: (c) => c.at,
    outOfOrderness: '1s',
  })
  const known = from('labels', memory(labels(rows, 22), Label), { eventTime: (l) => l.at })
  const inputs = features(Click).numeric('hour').categorical('page', 'user').hourOfDay('at', { utcOffset: '+00:00' })
  const join = { key: (c: { id: string }) => c.id, labelKey: (l: { id: string }) => l.id, labelTimeout: '45s' } as const

  const amount = shown.learn('amount', linear({ inputs, optimizer: momentum(0.005), stop: { after: 150 } }), {
    label: (c) => c.amount,
    weight: (c) => (c.hour > 12 ? 2 : 1),
    metricsEvery: '40s',
    modelEvery: '25s',
  })
  amount.to('amounts', jsonl('out/amounts'))
  amount.metrics.to('amount-metrics', jsonl('out/amount-metrics'))
  amount.models.to('amount-models', jsonl('out/amount-models'))

  const page = shown.learn('page', softmax({ inputs: features(Click).numeric('amount', 'hour'), maxClasses: 5 }), {
    label: (c) => c.page,
    modelEvery: '50s',
  })
  page.to('pages', jsonl('out/pages'))
  page.metrics.to('page-metrics', jsonl('out/page-metrics'))
  page.models.to('page-models', jsonl('out/page-models'))

  const buys = shown
    .predict('buys', svm({ inputs, optimizer: ftrl(0.2, { l1: 0.5 }) }), { modelEvery: '30s' })
    .learnFrom(known, { ...join, label: (l) => l.bought })
  buys.outcomes.to('buy-outcomes', jsonl('out/buy-outcomes'))
  buys.models.to('buy-models', jsonl('out/buy-models'))

  const spends = shown
    .predict('spends', linear({ inputs, loss: huber(2), optimizer: sgd(0.02), l1: 0.01 }))
    .learnFrom(known, { ...join, label: (l) => (l.bought ? 7.5 : 0) })
  spends.outcomes.to('spend-outcomes', jsonl('out/spend-outcomes'))
  spends.metrics.to('spend-metrics', jsonl('out/spend-metrics'))

  const ends = shown
    .predict('ends', softmax({ inputs, optimizer: adam(0.02), maxClasses: 3 }))
    .learnFrom(known, { ...join, label: (l) => (l.bought ? 'bought' : 'left') })
  ends.outcomes.to('end-outcomes', jsonl('out/end-outcomes'))

  // Labels that are no counts are rejected.
  shown
    .learn('counts', linear({ inputs, loss: poisson(), optimizer: sgd(0.01) }), { label: (c) => c.amount })
    .to('counts-out', jsonl('out/counts'))
})
