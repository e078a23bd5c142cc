// JSON lines in, a model that learns, rows to a socket.
import { boolean, features, logistic, number, pipeline, record, sgd, string, time } from 'millrace'
import { jsonl } from 'millrace/file'
import { tcp } from 'millrace/socket'

const Event = record({
  at: time({ unit: 'ms' }),
  user: string(),
  page: string(),
  f0: number(),
  f1: number(),
  clicked: boolean(),
})

export default pipeline(
  'slow',
  ({ from, params }) => {
    const inputs = features(Event).numeric('f0', 'f1').categorical('page')
    from('events', jsonl('events.jsonl', Event), { eventTime: (e) => e.at })
      .learn('clicked', logistic({ inputs, optimizer: sgd(0.05) }), { label: (e) => e.clicked })
      .to('scored', tcp({ host: '127.0.0.1', port: Number(params.port) }))
  },
  { params: { port: 0 } },
)
