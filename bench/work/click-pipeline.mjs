// JSON lines in, features, a model that learns, JSON lines out: exactly once.
import { features, logistic, pipeline, sgd } from 'millrace'
import { jsonl } from 'millrace/file'
import { Event } from './click-event.mjs'

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
