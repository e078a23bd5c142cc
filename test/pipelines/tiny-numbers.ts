// Numbers whose bits are easily lost: minus zero, the smallest double, the largest safe integers; as fields, in what a
// function makes, in state, as keys.
import { features, integer, logistic, number, pipeline, record, sgd, time } from 'millrace'
import { csv, jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'

const Row = record({ value: number(), other: number().nullable(), n: integer(), at: time({ unit: 'ms' }) })

const VALUES = [
  '-0',
  '0',
  '5e-324',
  '-5e-324',
  '2.2250738585072014e-308',
  '0.1',
  '-0.0',
  '1e-400',
  '0.30000000000000004',
]
const rows = Array.from(
  { length: 90 },
  (_unused, i) =>
    `{"value":${VALUES[i % 9]},"other":${i % 4 === 0 ? 'null' : VALUES[(i * 5) % 9]},"n":${i % 7 === 0 ? '-0' : 2 ** 53 - 1 - i},"at":${1000 + i}}`,
)

export default pipeline('tiny-numbers', ({ from }) => {
  const read = from('rows', memory([rows.slice(0, 50), rows.slice(50)], Row), { eventTime: (r) => r.at })
  read.to('as-json', jsonl('out/as-json'))
  read.map((r) => ({ ...r, list: [r.value, -r.value, r.n] })).to('made', jsonl('out/made'))
  read.to('as-csv', csv('out/as-csv', { columns: ['value', 'other', 'n', 'at'] }))
  read
    .keyBy((r) => r.value)
    .process<{ before: number; value: number; sign: number }, { last: number }>('kept', {
      onRecord({ value, n }, context) {
        context.emit({ before: context.state.get()?.last ?? 7, value, sign: 1 / (context.key as number) > 0 ? 1 : -1 })
        context.state.set({ last: n % 2 === 0 ? -value : value })
      },
    })
    .to('kept-out', csv('out/kept', { columns: ['before', 'value', 'sign'] }))
  const inputs = features(Row).numeric('value', 'other', 'n')
  read
    .learn('model', logistic({ inputs, optimizer: sgd(0.5), standardise: false }), { label: (r) => r.value > 0 })
    .to('learned', jsonl('out/learned'))
})
