// What the kill test of growing files runs: a file that is rotated, a folder that fills, and history before a growing file.
import { hybrid, integer, pipeline, record, time } from 'millrace'
import { csv, jsonl, tail, watch } from 'millrace/file'

const Row = record({ n: integer(), at: time({ unit: 'ms' }) })
const small = { partBytes: 3000 }
const quick = { rotateWait: '50ms' }

export default pipeline('killed-growing', ({ from }) => {
  // Each row with its ordinal: what is read twice or left out shows in every row after it.
  const counted = (name: string, declared: Parameters<typeof from<{ n: number; at: number }>>[1]) =>
    from(name, declared, { eventTime: (row) => row.at })
      .keyBy(() => 'all')
      .process<{ n: number; of: number }, number>(`${name}-count`, {
        onRecord(row, context) {
          const of = (context.state.get() ?? 0) + 1
          context.state.set(of)
          context.emit({ n: row.n, of })
        },
      })
      .to(`${name}-out`, jsonl(`out/${name}`, small))
  counted('tail', tail('log.jsonl', Row, quick))
  counted('watch', watch('inbox', Row, { settle: '0s' }))
  counted('hybrid', hybrid(csv('history.csv', Row), tail('since.csv', Row, { format: 'csv', ...quick })))
})
