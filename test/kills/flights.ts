// What the kill campaign runs: every kind of state at once (a model with late labels, models per key, state with timers,
// rejected records) and parts so small that checkpoints often commit some.
import { adagrad, features, logistic, number, pipeline, record, sgd, string, time } from 'millrace'
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

const small = { partBytes: 150_000 }

export default pipeline(
  'killed-flights',
  ({ from, params }) => {
    const departures = from('departures', csv(params.departures, Departure), { eventTime: (d) => d.scheduledAt })
    const landings = from('landings', csv(params.landings, Landing), { eventTime: (l) => l.landedAt })
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
    scored.to('scores', jsonl('out/scores', small))
    scored.outcomes.to('outcomes', jsonl('out/outcomes', small))
    scored.expired.to('expired', jsonl('out/expired', small))

    const distances = features(Departure).numeric('distance').categorical('destination', { hashBits: 5 })
    departures
      .keyBy((d) => d.carrier)
      .learn('long-haul', logistic({ inputs: distances, optimizer: adagrad(0.1) }), { label: (d) => d.distance > 1200 })
      .to('long-haul-scores', jsonl('out/long-haul', small))

    const days = departures
      .keyBy((d) => d.origin)
      .process<{ origin: string; day: number; flights: number }, number>('per-day', {
        onRecord(departure, context) {
          if (departure.distance < 95) throw new RangeError(`that is no flight: ${departure.distance} miles`)
          const flights = context.state.get() ?? 0
          context.state.set(flights + 1)
          if (flights === 0)
            context.timers.event((Math.floor(departure.scheduledAt / 86_400_000) + 1) * 86_400_000, 'day')
        },
        onTimer(at, context) {
          context.emit({ origin: context.key as string, day: at / 86_400_000 - 1, flights: context.state.get() ?? 0 })
          context.state.clear()
        },
      })
    days.to('days', jsonl('out/days', { partBytes: 2000 }))
    days.rejected.to('no-flights', jsonl('out/no-flights', { partBytes: 2000 }))
  },
  { params: { departures: 'departures.csv', landings: 'landings.csv.gz' } },
)
