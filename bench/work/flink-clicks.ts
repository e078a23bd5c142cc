// A model per key of 20 inputs, from files to files, in event-time order: what more subtasks cost.
import { features, logistic, number, pipeline, record, sgd, string, time } from 'millrace'
import { csv, jsonl } from 'millrace/file'

const names = Array.from({ length: 20 }, (_unused, i) => `f${i}` as const)
const fields = Object.fromEntries(names.map((name) => [name, number()] as const))
const Event = record({ at: time({ unit: 'ms' }), key: string(), label: number(), ...fields })

export default pipeline('flink-clicks', ({ from }) => {
  const events = from('events', csv(['events-0.csv', 'events-1.csv'], Event), { eventTime: (e) => e.at })
  const inputs = features(Event).numeric(...(names as never[]))
  const learned = events
    .keyBy((e) => e.key)
    .learn('model', logistic({ inputs, optimizer: sgd(0.05) }), {
      label: (e) => (e.label > 0 ? 1 : 0),
    })
  learned.outcomes.to('outcomes', jsonl('out/outcomes'))
})
