import { bodyLines } from '../../src/connectors/http/body-lines.ts'
import { Refusal } from '../../src/connectors/http/refusal.ts'
import { joined, LineAssembler } from '../../src/net/line-assembler.ts'
import { broken, demandSame, type FuzzTarget, textBytes } from '../target.ts'
import { JSON_WORDS } from './json-lines.ts'
import { sizesOf } from './pieces.ts'

const TYPES = ['application/json', 'application/x-ndjson', 'text/csv']
const MOST = 100

/** Bodies of requests, and lines of connections: what is made of them are whole lines, the same from all chunks. */
export const target: FuzzTarget = {
  name: 'lines',
  corpus: () =>
    ['{"a":1}', '[{"a":"]"},{"b":[1,{"c":"\\""}]} , 3]', '{"a":\n1}\n{"b":2}', 'a,"b\nc",d\r\n"e""f"\n', '[]'].flatMap(
      (text) => TYPES.map((_type, i) => textBytes(`${i}${text}`)),
    ),
  dictionary: [...JSON_WORDS, '","', '\n"', '\r', ' '.repeat(MOST)],
  run(input) {
    const kind = (input[0] ?? 0) % TYPES.length
    const bytes = input.slice(1)
    const csv = kind === 2
    assembled(bytes, csv)
    let body: ReturnType<typeof bodyLines> | undefined
    try {
      body = bodyLines(bytes, TYPES[kind], { csv, maxRecordBytes: MOST })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (kind === 0 && error.status === 400 && isJson(bytes)) broken('JSON is refused')
      return
    }
    const { lines, records } = body
    if (lines.length > 0 && lines[lines.length - 1] !== 10) broken('the last line has no end')
    if (kind === 0 && lines.filter((byte) => byte === 10).length !== records) broken('an element is not one line')
  },
}

/** JSON of an object or array, in UTF-8. */
function isJson(bytes: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}

function assembled(bytes: Uint8Array, csv: boolean): void {
  const whole = new LineAssembler(MOST, csv).take(bytes.slice())
  const assembler = new LineAssembler(MOST, csv)
  const sizes = sizesOf(bytes)
  const parts: Uint8Array[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const chunk = bytes.slice(at, at + sizes[i % sizes.length])
    at += chunk.length
    parts.push(assembler.take(chunk).slice())
    chunk.fill(0x22)
    if (assembler.heldBytes > MOST + 2) broken('more than a line is held')
  }
  demandSame([...joined([new Uint8Array(0), ...parts])], [...whole], 'the same lines from smaller chunks')
  if (whole.length > 0 && whole[whole.length - 1] !== 10) broken('the last line has no end')
}
