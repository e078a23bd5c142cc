// A learner that Millrace does not have, over the flights of flight-delays.ts: exponentiated gradient.

import type { FeatureVector, ModelView } from 'millrace'
import { defineLearner, features, forEachInput, number, pipeline, record, sigmoid, string, time } from 'millrace'
import { csv, jsonl } from 'millrace/file'

/**
 * Logistic regression whose weights move by factors and not by sums: each input keeps one double u, and its weight is
 * beta · sinh(u). Small weights move little, large ones much, so a few inputs that matter are found among many that do not.
 * Kivinen, Warmuth 1997; in this form Ghai, Hazan, Singer 2020, "Exponentiated gradient meets gradient descent".
 */
export const exponentiatedGradient = defineLearner({
  kind: 'exponentiated-gradient',
  task: 'binary',
  options: { rate: 0.02, beta: 1 },
  checkOptions({ rate, beta }) {
    if (rate <= 0 || beta <= 0) throw new Error('rate and beta must be > 0')
  },
  header: 1, // the intercept's u
  perSlot: 1, // each input's u
  predictOne(model, x, out) {
    out[0] = sigmoid(score(model, x))
  },
  learnOne(model, x, y, weight) {
    const { row, options } = model
    const step = options.rate * weight * (sigmoid(score(model, x)) - y)
    row[0] = bounded(row[0] - step)
    forEachInput(x, (slot, value) => {
      const at = model.at(slot)
      row[at] = bounded(row[at] - step * value)
    })
  },
  weights(model) {
    const { row, slots, options } = model
    const weights = Float64Array.from({ length: slots }, (_, slot) => weightOf(row[model.at(slot)], options))
    return { intercept: weightOf(row[0], options), weights }
  },
})

type Options = { rate: number; beta: number }

function score(model: ModelView<Options>, x: FeatureVector): number {
  const { row, options } = model
  let sum = weightOf(row[0], options)
  forEachInput(x, (slot, value) => {
    sum += weightOf(row[model.at(slot)], options) * value
  })
  return sum
}

const weightOf = (u: number, { beta }: Options): number => (beta * (Math.exp(u) - Math.exp(-u))) / 2

/** However large a step is, weights stay finite. */
const bounded = (u: number): number => Math.max(-30, Math.min(30, u))

const Departure = record({
  flightId: string(),
  carrier: string(),
  origin: string(),
  destination: string(),
  scheduledAt: time(),
})
const Landing = record({ flightId: string(), landedAt: time(), arrivalDelay: number() })

export default pipeline(
  'own-learner',
  ({ from, params }) => {
    const departures = from('departures', csv(params.departures, Departure), { eventTime: (d) => d.scheduledAt })
    const landings = from('landings', csv(params.landings, Landing), { eventTime: (l) => l.landedAt })

    const inputs = features(Departure)
      .categorical('carrier', 'origin', 'destination')
      .hourOfDay('scheduledAt', { utcOffset: '-05:00', as: 'hour' })
      .cross('origin', 'carrier')
      .cross('origin', 'hour')

    const scored = departures
      .predict('arrival-delay', exponentiatedGradient({ inputs, rate: 0.02 }))
      .learnFrom(landings, {
        key: (d) => d.flightId,
        labelKey: (l) => l.flightId,
        label: (l) => l.arrivalDelay > 15,
        labelTimeout: '2d',
      })

    scored.to('scores', jsonl('out/own-learner/scores'))
    scored.outcomes.to('outcomes', jsonl('out/own-learner/outcomes'))
  },
  { params: { departures: 'examples/data/departures.csv.gz', landings: 'examples/data/landings.csv.gz' } },
)
