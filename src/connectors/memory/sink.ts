import { ByteWriter } from '../../bytes/writer.ts'
import { MillraceError } from '../../errors.ts'
import type { ConnectorContext, JsonObject, SinkConnector, SinkWriter } from '../../stream/ports.ts'
import { MemoryEnds, type MemoryOutput } from './ends.ts'

/**
 * Rows kept in this process, exactly once: what was prepared travels in the manifest, so a restart commits it even where
 * the memory is new. Rows committed to an earlier process are gone with it.
 */
export class MemorySink implements SinkConnector {
  readonly kind = 'memory'
  readonly guarantee = 'exactly-once'
  readonly #ends: MemoryEnds

  constructor(ends: MemoryEnds = new MemoryEnds()) {
    this.#ends = ends
  }

  /** @throws ML_SINK_EXISTS, ML_SINK_AHEAD, ML_SINK_LOST, as a file sink does */
  async open({ uid }: ConnectorContext, restored: { prepared: JsonObject } | undefined): Promise<SinkWriter> {
    const output = this.#ends.output(uid)
    const where = `memory sink "${uid}"`
    if (restored === undefined) {
      if (!output.isNew) throw refusal('ML_SINK_EXISTS', 'there are rows of an earlier run', output.end, where)
      return new MemorySinkWriter(output, 0, new Uint8Array(0), where)
    }
    const { from, to, rows } = cutOf(restored.prepared, where)
    if (output.isNew) output.startAt(from)
    if (output.end > to) throw refusal('ML_SINK_AHEAD', `the checkpoint ends at byte ${to}`, output.end, where)
    if (output.end < from) throw refusal('ML_SINK_LOST', `the checkpoint begins at byte ${from}`, output.end, where)
    return new MemorySinkWriter(output, from, rows, where)
  }

  async clear({ uid }: ConnectorContext): Promise<void> {
    this.#ends.clear(uid)
  }
}

class MemorySinkWriter implements SinkWriter {
  readonly pendingBytes = 0
  readonly #output: MemoryOutput
  readonly #where: string
  readonly #pending = new ByteWriter(1024)
  /** Offset of the first pending byte. */
  #from: number

  constructor(output: MemoryOutput, from: number, pending: Uint8Array, where: string) {
    this.#output = output
    this.#from = from
    this.#pending.raw(pending)
    this.#where = where
    output.owner = this
  }

  append(bytes: Uint8Array): void {
    this.#pending.raw(bytes)
  }

  roll(): void {}

  async drain(): Promise<void> {}

  async prepare(_epoch: number): Promise<JsonObject> {
    this.#expectOwner()
    const rows = Buffer.from(this.#pending.view()).toString('base64')
    return { format: 1, from: this.#from, to: this.#from + this.#pending.length, rows }
  }

  async commit(_epoch: number, prepared: JsonObject): Promise<void> {
    this.#expectOwner()
    const { from, to, rows } = cutOf(prepared, this.#where)
    if (to > this.#output.end) this.#output.add(rows.subarray(this.#output.end - from))
    const done = Math.max(0, Math.min(to - this.#from, this.#pending.length))
    const rest = this.#pending.finish().subarray(done)
    this.#pending.reset()
    this.#pending.raw(rest)
    this.#from += done
  }

  async close(): Promise<void> {}

  #expectOwner(): void {
    if (this.#output.owner === this) return
    throw refusal('ML_FENCED', 'a later run has opened the sink', undefined, this.#where)
  }
}

function cutOf(prepared: JsonObject, where: string): { from: number; to: number; rows: Uint8Array } {
  const { format, from, to, rows } = prepared
  const bytes = typeof rows === 'string' ? Buffer.from(rows, 'base64') : undefined
  if (format === 1 && typeof from === 'number' && from >= 0 && to === from + (bytes?.length ?? Number.NaN)) {
    return { from, to, rows: bytes as Uint8Array }
  }
  throw refusal('ML_CORRUPT', 'this is not what a memory sink prepares', prepared, where)
}

function refusal(
  code: 'ML_SINK_EXISTS' | 'ML_SINK_AHEAD' | 'ML_SINK_LOST' | 'ML_FENCED' | 'ML_CORRUPT',
  what: string,
  got: unknown,
  where: string,
): MillraceError {
  return new MillraceError(code, {
    what,
    got,
    where,
    remedy: 'Give each job a MemoryEnds of its own, and a restart the same one',
  })
}
