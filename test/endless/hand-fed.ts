/** A source that the tests feed by hand, while it is read: splits appear, wait, are idle, end and fail as told. */
import type { RecordSchema, SourceDeclaration } from 'millrace'
import type { JobContext, SourceConnector, Split, SplitReader } from '../../src/stream/ports.ts'

/** Declares a source by its name among those fed by hand. */
export function handFed<T>(
  name: string,
  schema: RecordSchema<T>,
  options: { bounded?: boolean; discoverMs?: number } = {},
): SourceDeclaration<T> {
  return {
    role: 'source',
    kind: 'hand',
    options: { name },
    format: { name: 'jsonl' },
    schema,
    bounded: false,
    ...options,
  }
}

/** One split: the lines fed so far stay, so that it can be read again. */
export class HandFedSplit {
  readonly split: Split
  caughtUp = true
  failure: Error | undefined
  ended = false
  #bytes = Buffer.alloc(0)
  #wake: (() => void)[] = []

  constructor(split: Split) {
    this.split = split
  }

  feed(...records: readonly object[]): void {
    this.#bytes = Buffer.concat([this.#bytes, ...records.map((record) => Buffer.from(`${JSON.stringify(record)}\n`))])
    this.#signal()
  }

  end(): void {
    this.ended = true
    this.#signal()
  }

  /** The next read fails, once. */
  fail(error: Error): void {
    this.failure = error
    this.#signal()
  }

  open(from: number): SplitReader {
    let at = from
    let closed = false
    const split = this
    return {
      get caughtUp() {
        return split.caughtUp
      },
      get lag() {
        return split.#bytes.length - at
      },
      async read() {
        for (;;) {
          if (split.failure !== undefined) {
            const { failure } = split
            split.failure = undefined
            throw failure
          }
          if (closed) return null
          if (at < split.#bytes.length) {
            const chunk = split.#bytes.subarray(at)
            at = split.#bytes.length
            return chunk
          }
          if (split.ended) return null
          await new Promise<void>((resolve) => split.#wake.push(resolve))
        }
      },
      async close() {
        closed = true
        split.#signal()
      },
    }
  }

  #signal(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }
}

export class HandFedSource implements SourceConnector {
  readonly kind = 'hand'
  readonly covered: SourceConnector['covered']
  /** Offsets of the last committed checkpoint, by source. */
  readonly offsets = new Map<string, ReadonlyMap<string, number>>()
  readonly opened: string[] = []
  readonly #splits = new Map<string, HandFedSplit[]>()

  constructor() {
    this.covered = async ({ options }: JobContext, offsets) => {
      this.offsets.set(String(options.name), offsets)
    }
  }

  add(source: string, split: Split): HandFedSplit {
    const added = new HandFedSplit(split)
    this.#splits.set(source, [...(this.#splits.get(source) ?? []), added])
    return added
  }

  remove(source: string, id: string): void {
    this.#splits.set(
      source,
      (this.#splits.get(source) ?? []).filter(({ split }) => split.id !== id),
    )
  }

  async splits({ options }: JobContext): Promise<readonly Split[]> {
    return (this.#splits.get(String(options.name)) ?? []).map(({ split }) => split)
  }

  async open({ options }: JobContext, { id, end }: Split, fromOffset: number): Promise<SplitReader> {
    this.opened.push(`${id} at ${fromOffset}${end === undefined ? '' : ` to ${end}`}`)
    const found = this.#splits.get(String(options.name))?.find(({ split }) => split.id === id)
    if (found === undefined) throw new Error(`no split ${id}`)
    return found.open(fromOffset)
  }
}
