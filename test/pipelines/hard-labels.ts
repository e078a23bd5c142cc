// A model for each user, labels that say whose they are: late ones, wrong ones, twice, contradicting, for nobody.
import { boolean, features, integer, invScaling, logistic, pipeline, record, string, time } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { Click, clicks, labels } from './clicks.ts'

const Answer = record({
  id: string(),
  user: string(),
  bought: boolean().nullable(),
  weight: integer(),
  at: time({ unit: 'ms' }),
})

export default pipeline('hard-labels', ({ from }) => {
  const rows = clicks(150, 51)
  // Two records of one id wait at the same time.
  const twice = rows.map((row, i) => (i % 40 === 39 ? { ...row, id: rows[i - 1].id, user: rows[i - 1].user } : row))
  const users = new Map(rows.map((row) => [row.id, row.user]))
  const answers = labels(rows, 52).map(({ id, bought, at }, i) => ({
    id,
    user: users.get(id) ?? 'nobody',
    bought: i % 17 === 0 ? null : bought,
    weight: i % 13 === 0 ? 0 : 1 + (i % 2),
    at: i % 11 === 10 ? at - 30_000 : at,
  }))
  const shown = from('clicks', memory([twice.slice(0, 30), twice.slice(30)], Click), {
    eventTime: (c) => c.at,
    outOfOrderness: '1s',
  })
  const known = from('answers', memory([answers.slice(0, 100), answers.slice(100)], Answer), { eventTime: (a) => a.at })
  const inputs = features(Click).numeric('amount', 'hour').hourOfDay('at', { utcOffset: '-05:00' })
  const scored = shown
    .keyBy((c) => c.user)
    .predict('buys', logistic({ inputs, optimizer: invScaling(0.2) }), { metricsEvery: '20s', maxKeys: 30 })
    .learnFrom(known, {
      key: (c) => c.id,
      labelKey: (a) => a.id,
      label: (a) => a.bought as boolean,
      weight: (a) => a.weight,
      modelKey: (a) => {
        if (a.user === 'u7') throw new Error('u7 has no model')
        return a.user
      },
      labelTimeout: '25s',
      onConflict: 'ignore',
    })
  scored.to('scores', jsonl('out/scores'))
  scored.outcomes.to('outcomes', jsonl('out/outcomes'))
  scored.expired.to('expired', jsonl('out/expired'))
  scored.metrics.to('metrics', jsonl('out/metrics'))
  known.late.to('late-answers', jsonl('out/late-answers'))
})
