// Kafka in, features, a model that learns, Kafka out: exactly once.
import { features, logistic, pipeline, sgd } from 'millrace'
import { kafka } from 'millrace/kafka'
import { Event } from './click-event.mjs'

export default pipeline(
  'kafka-clicks',
  ({ from, params }) => {
    const { brokers } = params
    const inputs = features(Event).numeric('f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7').categorical('page')
    from('events', kafka({ brokers, topic: params.from, until: 'latest' }, Event), { eventTime: (e) => e.at })
      .learn('clicked', logistic({ inputs, optimizer: sgd(0.05) }), { label: (e) => e.clicked })
      .to('scored', kafka({ brokers, topic: params.to, key: 'input.user' }))
  },
  { params: { brokers: '127.0.0.1:9092', from: 'events', to: 'scored' } },
)
