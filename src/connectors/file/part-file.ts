import type { Storage, StorageFile } from '../../storage/storage.ts'

/** The open part of a sink: written at its end, made durable at each cut, closed once. */
export class PartFile {
  readonly part: number
  readonly path: string
  readonly #storage: Storage
  readonly #isNew: boolean
  #file: StorageFile | undefined
  #written: number
  #closed = false

  /** `written`: bytes of an earlier run to go on behind; 0 for a part to be created. */
  constructor(storage: Storage, part: number, path: string, written: number) {
    this.#storage = storage
    this.part = part
    this.path = path
    this.#written = written
    this.#isNew = written === 0
  }

  /** @returns whether the file was created by this write: its name is then to be made durable */
  async write(bytes: Uint8Array): Promise<boolean> {
    const creates = this.#file === undefined && this.#isNew
    this.#file ??= await this.#storage.open(this.path, this.#isNew ? 'create' : 'write')
    await this.#file.write(bytes, this.#written)
    this.#written += bytes.length
    return creates
  }

  /** What an earlier run wrote is durable; so is everything once the part is closed. */
  async fsync(): Promise<void> {
    if (!this.#closed) await this.#file?.fsync()
  }

  async close(): Promise<void> {
    this.#closed = true
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }
}
