// JSON lines in, features, a model that learns, JSON lines out: exactly once.
import { boolean, features, logistic, number, pipeline, record, sgd, string, time } from 'millrace'
import { jsonl } from 'millrace/file'

const Event = record({
  at: time({ unit: 'ms' }),
  user: string(),
  page: string(),
  f0: number(),
  f1: number(),
  f2: number(),
  f3: number(),
  f4: number(),
  f5: number(),
  f6: number(),
  f7: number(),
  clicked: boolean(),
})

export default pipeline(
  'clicks',
  ({ from, params }) => {
    const inputs = features(Event).numeric('f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7').categorical('page')
    from('events', jsonl(params.events, Event), { eventTime: (e) => e.at })
      .learn('clicked', logistic({ inputs, optimizer: sgd(0.05) }), { label: (e) => e.clicked })
      .to('scored', jsonl(params.scored))
  },
  { params: { events: 'events.jsonl', scored: 'scored' } },
)
