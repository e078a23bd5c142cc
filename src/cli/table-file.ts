import { resolve } from 'node:path'
import { FileSource } from '../connectors/file/source.ts'
import { blockingStorage } from '../storage/blocking-storage.ts'
import type { SplitReader } from '../stream/ports.ts'

/**
 * The uncompressed bytes of a file, from their beginning as often as they are asked for. The first chunk is read once
 * more only if another was read after it: what looks at the beginning first costs nothing then.
 */
export class TableFile {
  readonly #path: string
  #reader: SplitReader | undefined
  #first: Uint8Array | null = null
  #isFirst = false

  constructor(path: string) {
    this.#path = path
  }

  /** Gives chunks until `take` says false; tells whether it came to the end. @throws ML_NO_FILE ML_SOURCE */
  async each(take: (chunk: Uint8Array) => boolean): Promise<boolean> {
    const reader = this.#isFirst ? (this.#reader as SplitReader) : await this.#open()
    for (let chunk = this.#first; chunk !== null; chunk = await reader.read()) {
      if (!take(chunk)) return false
      this.#isFirst = false
    }
    return true
  }

  async close(): Promise<void> {
    await this.#reader?.close()
  }

  async #open(): Promise<SplitReader> {
    await this.#reader?.close()
    this.#reader = undefined
    const context = { base: resolve('.'), uid: 'table', options: {} }
    const reader = await new FileSource(blockingStorage).open(context, { id: this.#path }, 0)
    this.#reader = reader
    this.#first = await reader.read()
    this.#isFirst = true
    return reader
  }
}
