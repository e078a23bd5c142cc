// Each record asks for a call by the engine's clock; in order of arrival, so that nothing waits for a watermark.
import { number, pipeline, record, string, time } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'

const Order = record({ id: string(), due: number(), at: time() })
const orders = Array.from({ length: 6 }, (_unused, i) => ({ id: `o${i}`, due: 1000 * (i + 1), at: 1_600_000_000_000 }))

export default pipeline(
  'ticks',
  ({ from }) => {
    from('orders', memory(orders, Order), { eventTime: (o) => o.at })
      .keyBy((o) => o.id)
      .process<{ id: string; reminded: number }, number>('reminders', {
        onRecord(order, context) {
          context.state.set(order.due)
          context.timers.processing(order.due)
        },
        onProcessingTimer(_now, context) {
          context.emit({ id: String(context.key), reminded: context.state.get() ?? -1 })
          context.state.clear()
        },
      })
      .to('reminded', jsonl('out/reminded'))
  },
  { order: 'arrival' },
)
