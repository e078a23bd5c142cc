// Bayesian learners of all tasks: learned at once and later, for all and by key, with dictionaries that grow and forgetting.
import { bayesLinear, bayesLogistic, features, naiveBayes, pipeline } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { Click, clicks, Label, labels } from './clicks.ts'

export default pipeline('bayes', ({ from }) => {
  const rows = clicks(200, 41)
  const shown = from('clicks', memory([rows.slice(0, 110), rows.slice(110)], Click), {
    eventTime: (c) => c.at,
    outOfOrderness: '1s',
  })
  const known = from('labels', memory(labels(rows, 42), Label), { eventTime: (l) => l.at })
  const inputs = features(Click)
    .numeric('amount', 'hour')
    .categorical('page', { max: 8 })
    .categorical('user', { max: 20 })
  const join = { key: (c: { id: string }) => c.id, labelKey: (l: { id: string }) => l.id, labelTimeout: '45s' } as const

  const amounts = shown.learn(
    'amounts',
    bayesLinear({ inputs: features(Click).numeric('hour').categorical('page', { max: 8 }), robust: 4 }),
    {
      label: (c) => c.amount,
    },
  )
  amounts.to('amounts-out', jsonl('out/amounts'))
  amounts.metrics.to('amounts-metrics', jsonl('out/amounts-metrics'))

  const buys = shown
    .predict('buys', bayesLogistic({ inputs, forgetting: 0.98 }), { modelEvery: 60 })
    .learnFrom(known, { ...join, label: (l) => l.bought })
  buys.to('buys-out', jsonl('out/buys'))
  buys.outcomes.to('buys-outcomes', jsonl('out/buys-outcomes'))
  buys.models.to('buys-models', jsonl('out/buys-models'))

  shown
    .predict('when', bayesLinear({ inputs, forgetting: 0.95, noise: { sd: 2 } }), { modelEvery: 50 })
    .learnFrom(known, { ...join, label: (l) => (l.bought ? 10 : 1) })
    .outcomes.to('when-outcomes', jsonl('out/when-outcomes'))

  shown
    .predict('which', naiveBayes({ inputs, maxClasses: 4 }))
    .learnFrom(known, { ...join, label: (l) => (l.bought ? 'bought' : l.at % 3 === 0 ? 'later' : 'not') })
    .outcomes.to('which-outcomes', jsonl('out/which-outcomes'))

  const perUser = shown.keyBy((c) => c.user)
  perUser
    .learn(
      'own-amounts',
      bayesLinear({
        inputs: features(Click).numeric('hour').hourOfDay('at', { utcOffset: '+00:00' }),
        covariance: 'diagonal',
      }),
      {
        label: (c) => c.amount,
      },
    )
    .to('own-amounts-out', jsonl('out/own-amounts'))
  perUser
    .learn(
      'own-clicks',
      bayesLogistic({ inputs: features(Click).numeric('amount', 'hour').categorical('page', { hashBits: 3 }) }),
      {
        label: (c) => c.clicked,
      },
    )
    .to('own-clicks-out', jsonl('out/own-clicks'))
  perUser
    .learn('own-kinds', naiveBayes({ inputs: features(Click).numeric('amount') }), { label: (c) => c.clicked })
    .to('own-kinds-out', jsonl('out/own-kinds'))
})
