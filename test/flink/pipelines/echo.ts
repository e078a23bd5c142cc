// Gives every record out again as it comes, and counts the records of each key: which subtask got what, and in which order.
import { pipeline, record, string, time } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'

const Call = record({ id: string(), caller: string(), at: time() })
const calls = Array.from({ length: 300 }, (_unused, i) => ({
  id: `c${i}`,
  caller: `caller ${(i * 7) % 43}`,
  at: 1_600_000_000_000 + i,
}))

export default pipeline(
  'echo',
  ({ from }) => {
    from('calls', memory(calls, Call), { eventTime: (c) => c.at })
      .keyBy((c) => c.caller)
      .process<{ id: string }, number>('echo', {
        onRecord(call, context) {
          context.state.set((context.state.get() ?? 0) + 1)
          context.emit({ id: call.id })
        },
      })
      .to('echoed', jsonl('out/echoed'))
  },
  { order: 'arrival' },
)
