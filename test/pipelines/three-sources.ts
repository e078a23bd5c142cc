// Three sources that share their times, one of them empty and one with a long split: ties across sources and splits.
import { integer, pipeline, record, string, time } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'

const Tick = record({ name: string(), value: integer(), at: time({ unit: 'ms' }) })

/** Several records a time, the same times in every split. */
function ticks(name: string, count: number): { name: string; value: number; at: number }[] {
  return Array.from({ length: count }, (_unused, i) => ({
    name: `${name}${i % 3}`,
    value: i,
    at: 1000 + Math.floor(i / 4) * 10,
  }))
}

export default pipeline('three-sources', ({ from }) => {
  const a = from('a', memory([ticks('x', 160), ticks('y', 8), []], Tick), { eventTime: (t) => t.at })
  const b = from('b', memory([ticks('x', 24), ticks('z', 24)], Tick), { eventTime: (t) => t.at })
  const none = from('none', memory([[]], Tick), { eventTime: (t) => t.at })
  const all = b.union(a, none)
  // The order in which they come shows in a hash that depends on all before.
  const folded = all.process<{ seen: string; at: number; hash: number }, number>('folded', {
    onRecord(tick, context) {
      const before = context.state.get() ?? 1
      const hash = (Math.imul(before, 31) + tick.value + tick.name.charCodeAt(0) * 7 + tick.name.charCodeAt(1)) | 0
      context.state.set(hash)
      context.emit({ seen: tick.name, at: context.time, hash })
      context.timers.event(context.time, 'now')
    },
    onTimer(at, context, tag) {
      context.emit({ seen: tag, at, hash: context.state.get() ?? 0 })
    },
  })
  folded.to('folded-out', jsonl('out/folded', { partBytes: 700 }))
  all.filter((t) => t.value % 2 === 0).to('even', jsonl('out/even', { partBytes: 1 }))
  none.to('nothing', jsonl('out/nothing'))
})
