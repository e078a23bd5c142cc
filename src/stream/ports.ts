/**
 * The ports between the plan and the world: what a connector implements, what an engine calls.
 *
 * A connector is a declaration (plain JSON in the plan) and an implementation found by `kind` in a table that the
 * program hands to the engine. Everything that crosses a port is bytes or plain JSON, so that every engine can call it.
 */
import type { JsonObject } from '../stage/json.ts'

export type { JsonObject } from '../stage/json.ts'

/** Where a pipeline runs, as connectors see it. */
export interface ConnectorContext {
  /** Uid of the source or sink in the plan. */
  readonly uid: string
  /** The declaration's options, after params were filled in. */
  readonly options: JsonObject
  /** Folder against which relative locations are resolved. */
  readonly base: string
}

/** One shard of a source. Its id is stable across runs: a checkpoint names it. */
export interface Split {
  readonly id: string
  /** Bytes of the uncompressed stream where known; for progress only. */
  readonly sizeBytes?: number
}

/** Reads the uncompressed bytes of one split, in order. */
export interface SplitReader {
  /** Next bytes, valid until the next call; null at the end of a bounded split. */
  read(): Promise<Uint8Array | null>
  close(): Promise<void>
}

export interface SourceConnector {
  readonly kind: string
  splits(context: ConnectorContext): Promise<readonly Split[]>
  /** Opens a split at an offset of its uncompressed bytes. Refuses (ML_SOURCE_CHANGED) when the split can no longer hold that offset. */
  open(context: ConnectorContext, split: Split, fromOffset: number): Promise<SplitReader>
}

/**
 * One open sink. `append` and `roll` come from the sink operator, in order, between checkpoints.
 *
 * Exactly once: `prepare` marks the cut when it is called and resolves when everything before the cut is durable;
 * its JSON goes into the manifest. `commit` follows the manifest and is idempotent; recovery calls it again.
 */
export interface SinkWriter {
  /** Takes whole rows; the bytes are copied or written before the call returns control to a later `append`. */
  append(bytes: Uint8Array): void
  /** Closes the current part; the next row starts a new one. */
  roll(): void
  /** Bytes accepted and not yet handed to the world: the engine waits on `drain` when this grows. */
  readonly pendingBytes: number
  drain(): Promise<void>
  prepare(epoch: number): Promise<JsonObject>
  commit(epoch: number, prepared: JsonObject): Promise<void>
  /** Releases handles. Rows after the last commit are left for recovery to cut off. */
  close(): Promise<void>
}

export interface SinkConnector {
  readonly kind: string
  readonly guarantee: 'exactly-once' | 'at-least-once'
  /**
   * Opens the sink as the restored checkpoint left it (`prepared` from its manifest), or empty.
   * With nothing restored an existing, non-empty target is refused (ML_SINK_EXISTS) rather than mixed.
   */
  open(context: ConnectorContext, restored: { epoch: number; prepared: JsonObject } | undefined): Promise<SinkWriter>
  /** Refuses what `open` would refuse, and changes nothing: asked of every sink before the first is opened. */
  check?(context: ConnectorContext, restored: { epoch: number; prepared: JsonObject } | undefined): Promise<void>
  /** Removes what earlier runs wrote, and nothing else; for a start anew. Absent: there is nothing to remove. */
  clear?(context: ConnectorContext): Promise<void>
}

/** The implementations an engine may use, by kind. */
export interface ConnectorTable {
  readonly sources: readonly SourceConnector[]
  readonly sinks: readonly SinkConnector[]
}
