// Models in order of arrival, from a split whose order is that of its rows: a stage reads those where they lie. Most keys
// come again and again; some records are rejected, for their input or their label.
import { features, linear, logistic, pipeline, sgd } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { Click, clicks } from './clicks.ts'

export default pipeline(
  'arrival-models',
  ({ from }) => {
    const shown = from('clicks', memory([clicks(400, 63)], Click), { eventTime: (c) => c.at, outOfOrderness: '1s' })
    const inputs = features(Click).numeric('amount', 'hour').hourOfDay('at', { utcOffset: '+00:00' })
    const perPage = shown
      .keyBy((c) => c.page)
      .learn('per-page', logistic({ inputs, optimizer: sgd(0.05), standardise: false }), {
        label: (c) => (c.hour === 5 ? (undefined as never) : c.clicked),
        weight: (c) => (c.amount > 14.5 ? Number.NaN : 1 + (c.hour % 3)),
      })
    perPage.outcomes
      .map((o) => ({ at: o.predictedAt, label: o.label, step: o.model.step }))
      .to('learned', jsonl('out/learned'))
    perPage.models.to('models', jsonl('out/models'))
    perPage.rejected.to('refused', jsonl('out/refused'))
    shown
      .keyBy((c) => [c.user, c.hour > 11])
      .learn('amounts', linear({ inputs: features(Click).numeric('hour').categorical('page', { hashBits: 3 }) }), {
        label: (c) => c.amount,
      })
      .models.to('amount-models', jsonl('out/amount-models'))
    // Nobody is told of each record here: on Flink a kernel learns them.
    const perUser = shown
      .keyBy((c) => c.user)
      .learn(
        'per-user',
        logistic({ inputs: features(Click).numeric('amount', 'hour'), optimizer: sgd(0.05), standardise: false }),
        {
          label: (c) => (c.hour === 5 ? (undefined as never) : c.clicked),
          weight: (c) => (c.amount > 14.5 ? Number.NaN : 1 + (c.hour % 3)),
        },
      )
    perUser.rejected.to('refused-users', jsonl('out/refused-users'))
  },
  { order: 'arrival' },
)
