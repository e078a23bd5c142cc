/** The decoder of a source's format, by name. */
import { MillraceError } from '../errors.ts'
import { csvDecoder } from '../formats/csv.ts'
import type { Decoder, DecoderState } from '../formats/decoder.ts'
import { jsonDecoder } from '../formats/json-lines.ts'
import { messagesDecoder } from '../formats/messages.ts'
import type { RecordSchema } from '../formats/schema.ts'
import { hybridPart } from './hybrid-part.ts'
import type { SourceVertex } from './plan.ts'

/** @param split id of the split: formats of messages tell from it where a message was, and parts of a source which format */
export function createDecoder(
  source: SourceVertex,
  split: string,
  schema: RecordSchema<unknown>,
  resume: DecoderState | undefined,
): Decoder<unknown> {
  const { name, ...options } = source.format
  if (name === 'csv') return csvDecoder(schema, options, resume)
  if (name === 'jsonl') return jsonDecoder(schema, options, resume)
  if (name === 'messages') return messagesDecoder(schema, options, split, resume)
  if (name === 'hybrid') {
    const { part, id } = hybridPart(split)
    const format = (options.parts as readonly SourceVertex['format'][])[part]
    return createDecoder({ ...source, format }, id, schema, resume)
  }
  throw new MillraceError('ML_PLAN', {
    what: `there is no format "${name}"`,
    where: `source "${source.uid}"`,
    remedy: 'Use a format of this release: csv, jsonl or messages',
  })
}
