// Keys of every type, key functions that throw or return no key, and values that no codec carries.
import { integer, type Key, pipeline, record, string, time } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'

const Row = record({ kind: string(), n: integer(), at: time({ unit: 'ms' }) })

const KINDS = [
  'text',
  'unicode',
  'lone',
  'number',
  'zero',
  'bigint',
  'boolean',
  'null',
  'list',
  'nested',
  'nan',
  'undefined',
  'object',
  'throws',
]

const rows = Array.from({ length: 140 }, (_unused, i) => ({
  kind: KINDS[i % KINDS.length],
  n: i % 5,
  at: 1000 + i * 3,
}))

function keyOf({ kind, n }: { kind: string; n: number }): Key {
  switch (kind) {
    case 'text':
      return `t${n}`
    case 'unicode':
      return `\u00e9\u{1f600}${n}`
    case 'lone':
      return `\ud800${n}`
    case 'number':
      return n / 3 - 1
    case 'zero':
      return n % 2 === 0 ? 0 : -0
    case 'bigint':
      return (1n << 70n) - BigInt(n)
    case 'boolean':
      return n > 2
    case 'null':
      return null
    case 'list':
      return [kind, n, n > 2, null]
    case 'nested':
      return [[`${n}`], [[n]], []]
    case 'nan':
      return Number.NaN
    case 'undefined':
      return undefined as never
    case 'object':
      return { n } as never
    default:
      throw new TypeError(`no key for ${n}`)
  }
}

export default pipeline('key-types', ({ from }) => {
  const read = from('rows', memory([rows.slice(0, 75), rows.slice(75)], Row), { eventTime: (r) => r.at })
  const counted = read.keyBy(keyOf).process<{ kind: string; seen: number; key: string }, { seen: number }>('counted', {
    onRecord(row, context) {
      const seen = (context.state.get()?.seen ?? 0) + 1
      if (seen === 4) context.state.clear()
      else context.state.set({ seen })
      context.emit({
        kind: row.kind,
        seen,
        key: typeof context.key === 'bigint' ? `${context.key}n` : String(context.key),
      })
      if (row.n === 4) context.timers.event(context.time + 20, `${row.kind}`)
    },
    onTimer(_at, context, tag) {
      if (tag === 'null') throw new RangeError('a timer that throws')
      context.emit({ kind: `${tag} timer`, seen: context.state.get()?.seen ?? 0, key: typeof context.key })
    },
    maxKeys: 30,
    ttl: '50ms',
  })
  counted.to('counts', jsonl('out/counts'))
  // What map returns here is no data for some records: they are rejected where that happens.
  const odd = read.map((r): unknown => {
    if (r.kind === 'object') return { made: () => r.n }
    if (r.kind === 'throws') throw r.n > 2 ? new Error('thrown') : 'a text thrown'
    if (r.kind === 'undefined') return undefined
    return { kind: r.kind, half: r.n / 2, minus: -0, list: [r.n, null] }
  })
  odd.to('odd', jsonl('out/odd'))
})
