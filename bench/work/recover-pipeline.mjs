// A model for each key over JSON lines, with a sink: much state, to be restored after a kill.
import { boolean, features, logistic, number, pipeline, record, sgd, string } from 'millrace'
import { jsonl } from 'millrace/file'

const Event = record({ user: string(), f0: number(), f1: number(), f2: number(), clicked: boolean() })

export default pipeline('recover', ({ from }) => {
  const inputs = features(Event).numeric('f0', 'f1', 'f2')
  from('events', jsonl('events.jsonl', Event))
    .keyBy((e) => e.user)
    .learn('clicked', logistic({ inputs, optimizer: sgd(0.05) }), { label: (e) => e.clicked })
    .to('scored', jsonl('scored', { partBytes: 1 << 20 }))
})
