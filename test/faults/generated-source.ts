/** A source of the tests: lines made one by one as they are read, so that nothing but the engine holds them. */
import type { RecordSchema, SourceDeclaration } from 'millrace'
import type { SourceConnector } from '../../src/stream/ports.ts'

/** Declares a source of so many rows; `GeneratedSource` makes them. */
export function generated<T>(rows: number, schema: RecordSchema<T>, format = 'jsonl'): SourceDeclaration<T> {
  return { role: 'source', kind: 'generated', options: { rows }, format: { name: format }, schema }
}

export class GeneratedSource implements SourceConnector {
  readonly kind = 'generated'
  readonly #line: (row: number) => string
  readonly #head: string
  readonly #chunkBytes: number
  readonly #pace: (row: number) => Promise<void>

  /**
   * @param head comes before the first row: the header of CSV
   * @param chunkBytes bytes handed out at a time, about; the engine may take a checkpoint between two
   * @param pace waited for before each chunk, with the number of rows read so far: so that a checkpoint can be done before the next is due
   */
  constructor(
    line: (row: number) => string,
    head = '',
    chunkBytes = 1 << 16,
    pace: (row: number) => Promise<void> = async () => {},
  ) {
    this.#line = line
    this.#head = head
    this.#chunkBytes = chunkBytes
    this.#pace = pace
  }

  async splits() {
    return [{ id: 'all' }]
  }

  async open(
    { options }: Parameters<SourceConnector['open']>[0],
    _split: unknown,
    fromOffset: number,
  ): ReturnType<SourceConnector['open']> {
    const rows = options.rows as number
    let row = 0
    let skip = fromOffset
    let head = this.#head
    const read = async () => {
      await this.#pace(row)
      for (;;) {
        if (row >= rows && head === '') return null
        let text = head
        head = ''
        while (row < rows && text.length < this.#chunkBytes) text += `${this.#line(row++)}\n`
        const bytes = Buffer.from(text)
        const dropped = Math.min(skip, bytes.length)
        skip -= dropped
        if (dropped < bytes.length) return bytes.subarray(dropped)
      }
    }
    return { read, close: async () => {} }
  }
}
