// What the kill test of an HTTP ingest runs: each record with its ordinal, so that what is read twice or left out shows in every row
// after it.
import { integer, pipeline, record } from 'millrace'
import { jsonl } from 'millrace/file'
import { httpIngest } from 'millrace/http'

const Row = record({ n: integer() })

export default pipeline(
  'killed-ingest',
  ({ from, params }) => {
    const { port } = params as { port: number }
    from('rows', httpIngest({ port, spool: 'spool', spoolBytes: 200_000, maxConnections: 50 }, Row))
      .keyBy(() => 'all')
      .process<{ n: number; of: number }, number>('count', {
        onRecord(row, context) {
          const of = (context.state.get() ?? 0) + 1
          context.state.set(of)
          context.emit({ n: row.n, of })
        },
      })
      .to('out', jsonl('out/rows', { partBytes: 3000 }))
  },
  { params: { port: 0 } },
)
