// A pipeline that is edited between two runs, as the param says; its two splits let a job be held back by alignment.
import { integer, pipeline, record, string, time } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'

const Visit = record({ page: string(), at: time({ unit: 'ms' }) })
const Numbered = record({ page: integer(), at: time({ unit: 'ms' }) }) as unknown as typeof Visit
const split = (offset: number) =>
  Array.from({ length: 20_000 }, (_unused, i) => ({ page: `p${i % 5}`, at: 1_600_000_000_000 + 2000 * i + offset }))

export default pipeline(
  'edited',
  ({ from, params }) => {
    const visits = from('visits', memory([split(0), split(1000)], params.edit === 'retyped' ? Numbered : Visit), {
      eventTime: (v) => v.at,
    })
    const counted = visits
      .keyBy((v) => v.page)
      .process<{ page: string; count: number }, number>(params.edit === 'renamed' ? 'tally' : 'count', {
        onRecord: (visit, context) => {
          const count = (context.state.get() ?? 0) + 1
          context.state.set(count)
          context.emit({ page: visit.page, count })
        },
      })
    counted.to('counts', jsonl('out/counts'))
    if (params.edit === 'more') counted.filter((c) => c.count % 1000 === 0).to('thousands', jsonl('out/thousands'))
  },
  { params: { edit: 'none' } },
)
