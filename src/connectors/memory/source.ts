import { utf8Length, utf8Write } from '../../bytes/utf8.ts'
import { MillraceError } from '../../errors.ts'
import type { ConnectorContext, SourceConnector, Split, SplitReader } from '../../stream/ports.ts'

const CHUNK_BYTES = 64 << 10

/** Reads what `memory(records, schema)` put into the plan; splits are named '0', '1', ... */
export class MemorySource implements SourceConnector {
  readonly kind = 'memory'

  async splits({ options }: ConnectorContext): Promise<readonly Split[]> {
    return texts(options).map((text, i) => ({ id: String(i), sizeBytes: utf8Length(text) }))
  }

  /** @throws ML_SOURCE_CHANGED when the split is shorter than the offset, as when the program feeds other records now */
  async open({ options, uid }: ConnectorContext, split: Split, fromOffset: number): Promise<SplitReader> {
    const text = texts(options)[Number(split.id)] ?? ''
    const bytes = new Uint8Array(utf8Length(text))
    utf8Write(text, bytes, 0)
    if (fromOffset > bytes.length) {
      throw new MillraceError('ML_SOURCE_CHANGED', {
        what: `the checkpoint stands at byte ${fromOffset} of records that now have ${bytes.length}`,
        where: `source "${uid}", split ${split.id}`,
        remedy: 'Feed the same records again, and more if you like',
      })
    }
    let at = fromOffset
    return {
      async read() {
        if (at === bytes.length) return null
        const chunk = bytes.subarray(at, at + CHUNK_BYTES)
        at += chunk.length
        return chunk
      },
      async close() {},
    }
  }
}

function texts(options: ConnectorContext['options']): readonly string[] {
  return options.splits as readonly string[]
}
