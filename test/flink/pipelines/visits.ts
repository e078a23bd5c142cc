// Visits of shops, from Kafka to Kafka, or, without a cluster, from a file for each partition to files.
import { boolean, features, logistic, number, pipeline, record, sgd, string, time } from 'millrace'
import { jsonl } from 'millrace/file'
import { kafka } from 'millrace/kafka'

const Visit = record({ id: string(), shop: string(), amount: number(), paid: boolean(), at: time() })

export default pipeline(
  'visits',
  ({ from, params }) => {
    const { brokers, prefix, endless, start, until } = params
    const topic = `${prefix}-visits`
    const first = { start: { offsets: { [`${topic}/0`]: start } } }
    const onKafka = brokers !== ''
    const visits = from(
      'visits',
      onKafka
        ? kafka(
            {
              brokers,
              topic,
              group: prefix,
              ...first,
              ...(endless ? { discoverEvery: '500ms' } : { until: until as 'latest' }),
            },
            Visit,
          )
        : jsonl(['visits/0.jsonl', 'visits/1.jsonl', 'visits/2.jsonl'], Visit),
      { eventTime: (v) => v.at, outOfOrderness: '2s', ...(endless && { idleTimeout: '100ms' }) },
    )
    const to = (name: string, key?: string) =>
      onKafka ? kafka({ brokers, topic: `${prefix}-${name}`, key }) : jsonl(`out/${name}`)
    const inputs = features(Visit).numeric('amount').hourOfDay('at', { utcOffset: '+00:00' })
    visits
      .keyBy((v) => v.shop)
      .learn('paid-again', logistic({ inputs, optimizer: sgd(0.05) }), { label: (v) => v.paid })
      .to('learned', to('learned', 'input.shop'))
    visits.late.map((v) => ({ late: v.id })).to('late', to('late'))
    visits.rejected.map(({ code, value }) => ({ code, value })).to('refused', to('refused'))
  },
  {
    order: 'eventTime',
    params: { brokers: '', prefix: '', endless: false, start: 0, until: 'latest' },
  },
)
