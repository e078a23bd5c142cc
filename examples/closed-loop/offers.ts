// Whom to make an offer? The model learns from the outcomes of its own decisions, which come back through a log.
import { adagrad, boolean, features, logistic, number, pipeline, record, string, time } from 'millrace'
import { jsonl } from 'millrace/file'
import { kafka } from 'millrace/kafka'

const Visit = record({
  visitId: string(),
  at: time({ unit: 'ms' }),
  segment: string(),
  device: string(),
  pages: number(),
  luck: number(), // uniform in [0, 1), drawn by the shop: so that exploring, too, is decided by the event alone
})
const Outcome = record({ visitId: string(), at: time({ unit: 'ms' }), bought: boolean() })

/** An offer costs something: it is made when the chance to sell is at least this, and now and then to find out. */
const WORTH_IT = 0.3
const EXPLORE = 0.1

export default pipeline(
  'offers',
  ({ from, params }) => {
    const { brokers } = params
    const visits = from('visits', kafka({ brokers, topic: 'visits', group: 'offers' }, Visit), {
      eventTime: (v) => v.at,
    })
    const outcomes = from('outcomes', kafka({ brokers, topic: 'outcomes', group: 'offers' }, Outcome), {
      eventTime: (o) => o.at,
    })

    const inputs = features(Visit).numeric('pages').categorical('segment', 'device').cross('segment', 'device')

    const scored = visits.predict('will-buy', logistic({ inputs, optimizer: adagrad(0.1) })).learnFrom(outcomes, {
      key: (v) => v.visitId,
      labelKey: (o) => o.visitId,
      label: (o) => o.bought,
      labelTimeout: '10m', // who got no offer has no outcome: nothing is learned from it
    })

    const decisions = scored.map(({ input, prediction, model }) => {
      const explored = input.luck < EXPLORE
      const offer = explored || prediction.probability >= WORTH_IT
      return { visitId: input.visitId, at: input.at, offer, explored, chance: prediction.probability, step: model.step }
    })
    // Decisions and what they were made from leave in one transaction; the shop acts on what is committed.
    decisions.to('decisions', kafka({ brokers, topic: 'decisions', key: 'visitId' }))
    scored.metrics.to('quality', jsonl('out/quality'))
  },
  { params: { brokers: '127.0.0.1:9092' }, order: 'arrival' },
)
