// Files as splits, plain and compressed; the tests write them. At one sensor the script does not return.
import { number, pipeline, record, string, time } from 'millrace'
import { csv, jsonl } from 'millrace/file'

const Reading = record({ sensor: string(), value: number(), at: time() })

export default pipeline('readings', ({ from }) => {
  from('readings', csv(['plain.csv', 'packed.csv.gz', 'late.csv'], Reading), {
    eventTime(r) {
      while (r.sensor === 'stuck');
      return r.at
    },
  })
    .map((r) => ({ sensor: r.sensor, value: r.value, at: r.at }))
    .to('rows', jsonl('out/rows'))
})
