// Lines from a TCP server, and to one.
import { number, pipeline, record, string } from 'millrace'
import { tcp } from 'millrace/socket'

const Reading = record({ sensor: string(), value: number() })
const host = '127.0.0.1'

export default pipeline(
  'lines',
  ({ from, params }) => {
    from('readings', tcp({ host, port: params.from, reconnect: false }, Reading))
      .map((r) => ({ sensor: r.sensor, double: 2 * r.value }))
      .to('doubled', tcp({ host, port: params.to }))
  },
  { params: { from: 1, to: 1 } },
)
