// Learners by margin: of true and false for each user, of numbers for all, of several classes.
import {
  alma,
  arow,
  features,
  oneVsRest,
  passiveAggressive,
  passiveAggressiveRegression,
  perceptron,
  pipeline,
} from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { Click, clicks } from './clicks.ts'

export default pipeline('margins', ({ from }) => {
  const shown = from('clicks', memory([clicks(120, 81), clicks(90, 82)], Click), {
    eventTime: (c) => c.at,
    outOfOrderness: '1s',
  })
  const inputs = features(Click).numeric('amount', 'hour').categorical('page', 'user')
  const fixed = features(Click).numeric('amount', 'hour').hourOfDay('at', { utcOffset: '+00:00' })
  const byUser = shown.keyBy((c) => c.user)
  const clicked = { label: (c: { clicked: boolean }) => c.clicked }

  byUser
    .learn('pa', passiveAggressive({ inputs: fixed, aggressiveness: 0.1 }), clicked)
    .to('pa-scores', jsonl('out/pa'))
  byUser
    .learn('arow-by-user', arow({ inputs: fixed }), clicked)
    .models.to('arow-by-user-models', jsonl('out/arow-by-user'))
  shown.learn('alma', alma({ inputs }), clicked).to('alma-scores', jsonl('out/alma'))
  shown.learn('perceptron', perceptron({ inputs }), clicked).metrics.to('perceptron-metrics', jsonl('out/perceptron'))
  shown
    .learn('arow', arow({ inputs, r: 0.1 }), { ...clicked, modelEvery: 50 })
    .models.to('arow-models', jsonl('out/arow'))

  const amount = passiveAggressiveRegression({
    inputs: features(Click).numeric('hour').categorical('page'),
    variant: 'II',
  })
  const numbers = shown.learn('amount', amount, { label: (c) => c.amount, metricsEvery: '20s' })
  numbers.to('amount-scores', jsonl('out/amount'))
  numbers.metrics.to('amount-metrics', jsonl('out/amount-metrics'))

  const classes = ['home', 'search', 'basket', 'pay', 'help']
  const pages = byUser.learn('page', oneVsRest(perceptron({ inputs: fixed }), { classes }), { label: (c) => c.page })
  pages.to('page-scores', jsonl('out/page'))
  pages.metrics.to('page-metrics', jsonl('out/page-metrics'))
})
