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
  /** The declaration's options, after params were filled in; a sink's also hold its `format`. */
  readonly options: JsonObject
  /** Folder against which relative locations are resolved. */
  readonly base: string
}

/** What all connectors of a job that runs have in common. */
export interface JobSite {
  readonly base: string
  /**
   * Names this job among all that may use the same server: the pipeline's name and a text of the state folder. The same after a
   * restart, another after `--fresh`.
   */
  readonly job: string
  /** Milliseconds between two checkpoints; absent or 0: not by time. */
  readonly checkpointMs?: number
  /** Says what went wrong without ending the run. */
  readonly warn: (message: string) => void
}

/** A connector within a job that runs. */
export interface JobContext extends ConnectorContext, JobSite {}

/** One shard of a source. Its id is stable across runs: a checkpoint names it. */
export interface Split {
  readonly id: string
  /** Bytes of the uncompressed stream where known; for progress only. */
  readonly sizeBytes?: number
  /** Offset at which a split begins that no checkpoint knows; 0 where absent. */
  readonly start?: number
  /** Offset at which it ends, fixed when the split is first seen and kept in checkpoints; absent: where `read` gives null. */
  readonly end?: number
  /**
   * Splits of a later phase are opened when all of the earlier ones of their source have ended, and go on from the watermark
   * those have reached; 0 where absent. In event-time order, splits of a source that ends are read side by side all the same.
   */
  readonly phase?: number
}

/** How far a split was read, of those that a run or its checkpoint holds. */
export interface KnownSplit {
  /** Offset of the first byte or message not yet consumed. */
  readonly offset: number
  readonly finished: boolean
}

/**
 * Reads the pieces of one split, in order: uncompressed bytes of a file, or messages as `formats/message.ts` frames them.
 *
 * An error of class 'transient' makes the engine restart the job from its last checkpoint, after a pause; any other ends it.
 */
export interface SplitReader {
  /**
   * Next bytes, valid until the next call; null at the end of a bounded split. May wait for as long as nothing comes:
   * `close` then makes it resolve with null. The engine has one call under way for each open split, so what a reader
   * takes ahead is bounded by itself.
   */
  read(): Promise<Uint8Array | null>
  /** Whether all that the other side has now was read. Only while it is true may the split count as idle. Absent: always. */
  readonly caughtUp?: boolean
  /** Records that the other side has beyond the position, where it tells. */
  readonly lag?: number
  close(): Promise<void>
}

/** What a source or sink promises when the process dies: 'exactly-once', 'at-least-once', or 'at-most-once'. */
export type Guarantee = 'exactly-once' | 'at-least-once' | 'at-most-once'

export interface SourceConnector {
  readonly kind: string
  /**
   * The splits there are. Asked at the start, and again every `discoverMs` where the declaration has it. A finished split that
   * is no longer listed is forgotten: the checkpoint keeps its counts alone.
   *
   * @param known what the run, or the checkpoint it starts from, holds of this source; absent where somebody only looks
   */
  splits(context: JobContext, known?: ReadonlyMap<string, KnownSplit>): Promise<readonly Split[]>
  /**
   * Opens a split at an offset: of its uncompressed bytes, or whatever its messages count. Refuses (ML_SOURCE_CHANGED) when
   * the split can no longer hold that offset.
   */
  open(context: JobContext, split: Split, fromOffset: number): Promise<SplitReader>
  /**
   * Told after each committed checkpoint which offsets it covers, by split: nothing before them is read again. For group
   * offsets that others look at, and for spools to be trimmed. Its failure is a warning.
   */
  covered?(context: JobContext, offsets: ReadonlyMap<string, number>): Promise<void>
  /**
   * Releases what `splits` and `open` hold for all splits of a source: a connection, a listening socket. Called when all its
   * readers are closed.
   *
   * @param again whether the job is about to go on from its last checkpoint in this process; it is called once more, without, when
   *   it does not in the end
   */
  close?(context: JobContext, again?: boolean): Promise<void>
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
  readonly guarantee: Guarantee
  /**
   * Opens the sink as the restored checkpoint left it (`prepared` from its manifest), or empty.
   * With nothing restored an existing, non-empty target is refused (ML_SINK_EXISTS) rather than mixed.
   */
  open(context: JobContext, restored: { epoch: number; prepared: JsonObject } | undefined): Promise<SinkWriter>
  /** Refuses what `open` would refuse, and changes nothing: asked of every sink before the first is opened. */
  check?(context: JobContext, restored: { epoch: number; prepared: JsonObject } | undefined): Promise<void>
  /** Removes what earlier runs wrote, and nothing else; for a start anew. Absent: there is nothing to remove. */
  clear?(context: JobContext): Promise<void>
  /**
   * The transaction domain of a sink with these options, such as the address of its cluster; undefined: none. All sinks
   * of a domain share one `openDomain`, whose writers take the place of `open`.
   */
  domain?(context: JobContext): string | undefined
  openDomain?(contexts: readonly JobContext[]): Promise<TransactionDomain>
}

/**
 * Several sinks whose rows are committed in one transaction for each checkpoint, which cannot be resumed by another process:
 * so its commit, not the manifest, decides whether the checkpoint lives. At most one in a job.
 *
 * The order: `prepare` at the cut, manifest written, `commit` here, then the other sinks' commits. After a crash `recover` says
 * which checkpoint was decided last; a newer manifest is dropped, for its rows were never shown.
 */
export interface TransactionDomain {
  readonly name: string
  /** Fences writers of earlier runs, ends what they left open, and returns the last decided checkpoint; null: none. */
  recover(): Promise<number | null>
  writer(uid: string): SinkWriter
  /**
   * Marks the cut: rows appended from now on belong to the next transaction. Resolves when all rows before it are with the
   * servers. The writers' own `prepare` and `commit` are not called.
   */
  prepare(epoch: number): Promise<JsonObject>
  /** Makes the rows of `prepare(epoch)` visible and the checkpoint decided, both or neither. */
  commit(epoch: number): Promise<void>
  /** Aborts what is open, where it still can. */
  close(): Promise<void>
}

/** The implementations an engine may use, by kind. */
export interface ConnectorTable {
  readonly sources: readonly SourceConnector[]
  readonly sinks: readonly SinkConnector[]
}
