// One record among others does what a script must not do, as the param says.
import { number, pipeline, record, string, time } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'

const Reading = record({ id: string(), value: number(), at: time() })
const readings = Array.from({ length: 200 }, (_unused, i) => ({
  id: i === 120 ? 'hard' : `r${i}`,
  value: i,
  at: 1_600_000_000_000 + 1000 * i,
}))

export default pipeline(
  'hard-records',
  ({ from, params }) => {
    const read = from('readings', memory(readings, Reading), { eventTime: (r) => r.at })
    const worked = read
      .keyBy((r) => r.value % 7)
      .process('work', {
        onRecord: (r, context) => {
          if (r.id === 'hard') misbehave(params.how)
          context.emit({ id: r.id, double: 2 * r.value })
        },
      })
    worked.to('worked', jsonl('out/worked'))
    worked.rejected.to('refused', jsonl('out/refused'))
  },
  { params: { how: 'throw' } },
)

function misbehave(how: string): void {
  if (how === 'throw') throw new Error('this record is too hard')
  if (how === 'loop') for (;;);
  const hoard: object[] = []
  if (how === 'hoard') for (;;) hoard.push({ hoard: hoard.length, more: [hoard.length] })
}
