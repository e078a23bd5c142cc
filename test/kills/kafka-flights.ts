// What the kill campaign over Kafka runs: topics to topics, in the order of event time, with a model whose labels come late and
// one per key, so that what is written depends on everything that was read. All sinks share one transaction.
import { adagrad, features, logistic, number, pipeline, record, sgd, string, time } from 'millrace'
import { kafka } from 'millrace/kafka'

const Departure = record({
  flightId: string(),
  carrier: string(),
  origin: string(),
  destination: string(),
  distance: number(),
  scheduledAt: time(),
})
const Landing = record({ flightId: string(), landedAt: time(), arrivalDelay: number() })

export default pipeline(
  'killed-kafka-flights',
  ({ from, params }) => {
    const brokers = params.brokers
    const until = 'latest'
    const departures = from('departures', kafka({ brokers, topic: params.departures, until }, Departure), {
      eventTime: (d) => d.scheduledAt,
    })
    const landings = from('landings', kafka({ brokers, topic: params.landings, until }, Landing), {
      eventTime: (l) => l.landedAt,
    })
    const inputs = features(Departure)
      .numeric('distance')
      .categorical('carrier', 'origin', 'destination')
      .hourOfDay('scheduledAt', { utcOffset: '-05:00' })
    const scored = departures.predict('arrival-delay', logistic({ inputs, optimizer: sgd(0.02) })).learnFrom(landings, {
      key: (d) => d.flightId,
      labelKey: (l) => l.flightId,
      label: (l) => l.arrivalDelay > 15,
      labelTimeout: '2d',
    })
    scored.to('scores', kafka({ brokers, topic: `${params.out}-scores`, key: 'input.flightId' }))
    scored.outcomes.to('outcomes', kafka({ brokers, topic: `${params.out}-outcomes`, compression: 'gzip' }))
    scored.expired.to('expired', kafka({ brokers, topic: `${params.out}-expired` }))

    const distances = features(Departure).numeric('distance').categorical('destination', { hashBits: 5 })
    departures
      .keyBy((d) => d.carrier)
      .learn('long-haul', logistic({ inputs: distances, optimizer: adagrad(0.1) }), { label: (d) => d.distance > 1200 })
      .to('long-haul-scores', kafka({ brokers, topic: `${params.out}-long-haul`, key: 'input.carrier' }))
  },
  { params: { brokers: '127.0.0.1:9092', departures: 'departures', landings: 'landings', out: 'out' } },
)
