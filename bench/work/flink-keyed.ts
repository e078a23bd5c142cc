// A model per key of 20 features, in order of arrival: the stage that the Flink bench compares with Java.
import { features, logistic, number, pipeline, record, sgd, string } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'

const names = Array.from({ length: 20 }, (_unused, i) => `f${i}` as const)
const fields = Object.fromEntries(names.map((name) => [name, number()] as const))
const Event = record({ key: string(), label: number(), ...fields })

export default pipeline(
  'flink-keyed',
  ({ from }) => {
    const events = from('events', memory([], Event))
    const inputs = features(Event).numeric(...(names as never[]))
    events
      .keyBy((e) => e.key)
      .learn('model', logistic({ inputs, optimizer: sgd(0.05), standardise: false }), {
        label: (e) => (e.label > 0 ? 1 : 0),
      })
      .metrics.to('metrics', jsonl('out/metrics'))
  },
  { order: 'arrival' },
)
