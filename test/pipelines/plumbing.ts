// Stateless operators, side outputs, late and malformed records, a union that meets a record twice.
import { integer, pipeline, record, string, time } from 'millrace'
import { csv, jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'

const Reading = record({ sensor: string(), value: integer(), at: time({ unit: 'ms' }) })

const rows = [
  '{"sensor":"a","value":1,"at":1000}',
  '{"sensor":"b","value":2,"at":1000}',
  '{"sensor":"a","value":"three","at":1500}',
  '{"sensor":"c","value":4,"at":5000}',
  '{"sensor":"a","value":5,"at":3000}',
  'not json',
  '{"sensor":"b","value":0,"at":5500}',
  '{"sensor":"d","value":7,"at":9000}',
]
const others = [
  '{"sensor":"x","value":10,"at":1000}',
  '{"sensor":"y","value":11,"at":5000}',
  '{"sensor":"a","value":12,"at":9000}',
]

export default pipeline('plumbing', ({ from }) => {
  const first = from('first', memory(rows, Reading), { eventTime: (r) => r.at })
  const second = from('second', memory(others, Reading), { eventTime: (r) => r.at })
  const doubled = first
    .union(second)
    .map((r) => {
      if (r.value === 0) throw new Error('zero')
      return { ...r, value: r.value * 2 }
    })
    .filter((r) => r.sensor !== 'c')
  const echoed = doubled.flatMap((r) => (r.value > 10 ? [r, { ...r, value: -r.value }] : [r]))
  echoed.union(doubled).to('values', csv('out/values', { columns: ['sensor', 'value', 'at'] }))
  first.late.to('late', jsonl('out/late'))
})
