/**
 * What an operator is to the stage that runs it.
 *
 * A stage calls `receive` with one record at a time, in the order that the plan promises, and `onEventTimer` between
 * records. While a call is under way `context.current` is the identity of the record (or timer) and `context.key` its
 * key; whatever the operator emits inherits that identity. Operators never see watermarks: time reaches them as timers.
 */

import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import type { RowCursor } from '../formats/row-cursor.ts'
import type { KernelMemory } from '../numeric/kernel-memory.ts'
import type { EncodedKey } from '../state/key.ts'
import type { KeyBlock } from '../state/key-block.ts'
import type { Identity, Place } from '../time/identity.ts'
import type { OperatorDescription } from './describe.ts'
import type { Ledger } from './ledger.ts'

/** What the stage gives an operator. */
export interface OperatorContext {
  readonly uid: string
  readonly keyGroups: number
  /** Identity of the record or timer under way. */
  readonly current: Identity
  /** Canonical key of the record or timer under way; the constant key where the stage is one partition. */
  readonly key: EncodedKey
  /** Hands `value` to everything connected to the output; it inherits the current identity. */
  emit(output: number, value: unknown): void
  /** As `emit`, for the `ordinal`-th of several values that one record gives on one output. */
  emitChild(output: number, value: unknown, ordinal: number): void
  /** As `emit` of a value for each row from `from` to before `to`; a value that cannot travel rejects its row. */
  emitRows(output: number, rows: RowBlock, from: number, to: number, values: RowValues): void
  /** True when something is connected to the output: do not build values that nobody takes. */
  connected(output: number): boolean
  /** Sends the record under way to the rejected output and counts it; the operator's state must be as before it. */
  reject(value: unknown, error: unknown): void
  /** As `reject`, for what is no record of the ledger: a label, a timer. It counts nothing. */
  deadLetter(value: unknown, error: unknown): void
  /** Event-time timer for the current key; `tag` tells the operator's own timers of one key apart. Setting twice is once. */
  setEventTimer(time: number, tag: string): void
  deleteEventTimer(time: number, tag: string): void
  /** Processing-time timer for the current key: fires at the first tick at or after `time`. */
  setProcessingTimer(time: number, tag: string): void
  deleteProcessingTimer(time: number, tag: string): void
  /** Memory in which kernels learn from rows of frames; undefined where the engine has none. */
  kernelMemory?(): KernelMemory | undefined
}

/** Rows of a frame that are read where they lie, and the identity of each. */
export interface RowBlock {
  readonly row: RowCursor
  readonly times: Float64Array
  readonly positions: Float64Array
  /** Absent where rows have none. */
  readonly keys?: KeyBlock | undefined
  place(i: number): Place
  path(i: number): number | readonly number[]
  /** Gives the context the identity and key of row number `i`. */
  enter(i: number): void
  /** Makes row number `i` that of `row`: enough for functions of a record, which know no context. */
  show(i: number): void
}

/** A value for each row of a block. */
export interface RowValues {
  valueAt(i: number): unknown
  /** The same, where they are rows of a schema: a column of each field, in schema order; a boolean is 0 or 1, a null NaN. */
  readonly columns?: readonly Float64Array[]
}

export interface Operator {
  readonly ledger: Ledger
  receive(input: number, value: unknown): void
  /** Rows of the input may come where they lie, by `receiveRows`: nobody keeps or passes on their records. */
  takesRows?(input: number): boolean
  /**
   * As `receive` for each row from `from` to before `to`. Returns the first one that has to come as a record, or `to`:
   * nothing has changed or been counted for it. So a row that is rejected comes a second time, and a function that cannot do
   * with a row has a record then.
   */
  receiveRows?(input: number, rows: RowBlock, from: number, to: number): number
  onEventTimer?(time: number, tag: string): void
  onProcessingTimer?(time: number, tag: string): void
  /** End of a bounded stream, after every timer. Not called on suspend. */
  end?(): void
  /** Marks the state as it is now; returns what can be written later while records go on. Absent: no state. */
  capture?(): OperatorCapture
  restoreGroup?(group: number, reader: ByteReader): void
  /**
   * Records with these keys are about to come: bring their state into the cache. A hint that changes nothing; `keys` is
   * valid up to `count`. Asked only while `large` says that the state does not fit the cache anyway.
   */
  warm?(keys: readonly EncodedKey[], count: number): void
  readonly large?: boolean
  /** Keys whose state is held; absent: no keyed state. */
  readonly keys?: number
  /** What can be read from outside: a model, its quality. */
  describe?(): OperatorDescription | undefined
}

/** State as it was at a cut. `writeGroup` is called once for each key group, then `release`; a group without state writes nothing. */
export interface OperatorCapture {
  writeGroup(group: number, writer: ByteWriter): void
  release(): void
}

/** What the rejected output carries: a dead letter. */
export interface Rejected {
  /** Where it was rejected: uid of the source or operator. */
  readonly at: string
  readonly code: string
  readonly reason: string
  /** Source, split and position of the record that caused it. */
  readonly source: string
  readonly split: string
  readonly position: number
  /** The record, or the raw text where it could not be decoded. */
  readonly value: unknown
}
