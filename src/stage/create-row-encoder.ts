/** The row encoder of a sink's format, by name. */
import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { csvEncoder } from '../formats/csv-encode.ts'
import { encodeJson } from '../formats/json-encode.ts'
import { messagesEncoder } from '../formats/messages-encode.ts'
import { encodeValue } from '../formats/value-codec.ts'
import type { RowEncoder } from '../operators/sink.ts'
import type { JsonObject } from './json.ts'

const NEWLINE = 10

export function createRowEncoder(uid: string, format: JsonObject): RowEncoder {
  if (format.name === 'jsonl') return { encode: jsonLine }
  if (format.name === 'csv') {
    if (format.columns === undefined) {
      throw new MillraceError('ML_PLAN', {
        what: 'a CSV sink needs its columns: the first row must not decide them anew after a restart',
        where: `sink "${uid}"`,
        remedy: "Give them: csv(folder, { columns: ['a', 'b'] })",
      })
    }
    return csvEncoder(format)
  }
  if (format.name === 'messages') return messagesEncoder(format)
  if (format.name === 'value') return valueRows()
  throw new MillraceError('ML_PLAN', {
    what: `there is no format "${format.name}"`,
    where: `sink "${uid}"`,
    remedy: 'Use a format of this release: csv, jsonl or messages',
  })
}

function jsonLine(value: unknown, writer: ByteWriter): void {
  encodeJson(value, writer)
  writer.u8(NEWLINE)
}

/** Value-codec rows, each behind its length: what in-memory ends decode. */
function valueRows(): RowEncoder {
  return {
    encode(value, writer) {
      const start = writer.length
      writer.u32(0)
      encodeValue(value, writer)
      writer.patchU32(start, writer.length - start - 4)
    },
  }
}
