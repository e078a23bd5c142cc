// Will this flight arrive late? Predict at scheduled departure, learn when it has landed.
import { features, logistic, number, pipeline, record, sgd, string, time } from 'millrace'
import { csv, jsonl } from 'millrace/file'

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
  'flight-delays',
  ({ from, params }) => {
    const departures = from('departures', csv(params.departures, Departure), { eventTime: (d) => d.scheduledAt })
    const landings = from('landings', csv(params.landings, Landing), { eventTime: (l) => l.landedAt })

    const inputs = features(Departure)
      .numeric('distance')
      .categorical('carrier', 'origin', 'destination')
      .hourOfDay('scheduledAt', { utcOffset: '-05:00', as: 'hour' })
      .cross('origin', 'carrier')
      .cross('origin', 'hour')

    const scored = departures
      .predict('arrival-delay', logistic({ inputs, optimizer: sgd(0.02) })) // scored now, inputs kept
      .learnFrom(landings, {
        key: (d) => d.flightId,
        labelKey: (l) => l.flightId, // learned later, once
        label: (l) => l.arrivalDelay > 15,
        labelTimeout: '2d',
      })

    scored.to('scores', jsonl('out/scores')) // { input, prediction, model: { uid, step } }
    scored.outcomes.to('outcomes', jsonl('out/outcomes')) // also .expired .rejected .metrics .models
  },
  { params: { departures: 'examples/data/departures.csv.gz', landings: 'examples/data/landings.csv.gz' } },
)
