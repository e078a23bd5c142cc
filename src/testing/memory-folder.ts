import { joined } from './run-result.ts'

/**
 * The parts of one sink in memory, kept as an exactly-once sink keeps them: rows after the last committed cut are lost in
 * a crash, and a cut is committed once, however often it is asked for.
 */
export class MemoryFolder {
  /** Bytes to append, or null for the end of a part. */
  #actions: (Uint8Array | null)[] = []
  #committed = 0

  append(bytes: Uint8Array): void {
    this.#actions.push(bytes)
  }

  roll(): void {
    this.#actions.push(null)
  }

  /** The place where rows stand now; a checkpoint holds it. */
  cut(): number {
    return this.#actions.length
  }

  commit(cut: number): void {
    this.#committed = Math.max(this.#committed, cut)
  }

  /** Goes back to a cut, as recovery does. */
  recover(cut: number): void {
    if (this.#committed > cut)
      throw new Error(`rows up to ${this.#committed} are public, the checkpoint ends at ${cut}`)
    if (this.#actions.length < cut)
      throw new Error(`the checkpoint ends at ${cut}, only ${this.#actions.length} are there`)
    this.#actions.length = cut
    this.#committed = cut
  }

  /** Bytes in the part that is not ended, committed or not. */
  openBytes(): number {
    return this.#actions
      .slice(this.#actions.lastIndexOf(null) + 1)
      .reduce((sum, bytes) => sum + (bytes?.length ?? 0), 0)
  }

  /** Committed rows, a part each. */
  parts(): Uint8Array[] {
    const parts: Uint8Array[] = []
    let open: Uint8Array[] = []
    for (const action of this.#actions.slice(0, this.#committed)) {
      if (action !== null) open.push(action)
      else {
        parts.push(joined(open))
        open = []
      }
    }
    if (open.length > 0) parts.push(joined(open))
    return parts
  }
}
