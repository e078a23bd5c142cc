/**
 * One operator inside a stage: its outputs, its timers, its rejected records. The operator sees it as its context.
 */
import { errorText, isMillraceError, MillraceError } from '../errors.ts'
import type { KernelMemory } from '../numeric/kernel-memory.ts'
import { IN, REJECTED } from '../operators/ledger.ts'
import type { Operator, OperatorContext, Rejected, RowBlock, RowValues } from '../operators/operator.ts'
import type { EncodedKey } from '../state/key.ts'
import { childPath, type Identity } from '../time/identity.ts'

/** The identity under way, changed in place from record to record. */
export interface Cursor extends Identity {
  time: number
  origin: string
  split: string
  position: number
  path: number | readonly number[]
}

/** Where an emitted value goes: an operator of this stage, or out of it. */
export type Target = { readonly operator: Operator; readonly input: number } | { readonly outlet: number }

/** What a cell needs of its stage. */
export interface CellHost {
  readonly cursor: Cursor
  readonly key: EncodedKey
  readonly keyGroups: number
  leave(outlet: number, value: unknown): void
  /** As `leave` of many rows; returns the first that has to go by `leave`, or `to`. */
  leaveRows(outlet: number, rows: RowBlock, from: number, to: number, values: RowValues): number
  thrown(uid: string, error: unknown): void
  setTimer(kind: 'event' | 'processing', uid: string, time: number, tag: string): void
  deleteTimer(kind: 'event' | 'processing', uid: string, time: number, tag: string): void
  kernelMemory(): KernelMemory | undefined
}

/** Output 1 of every operator. */
const REJECTED_OUTPUT = 1

export class Cell implements OperatorContext {
  readonly uid: string
  readonly keyGroups: number
  readonly current: Identity
  /** Set once by the stage that builds the cell. */
  operator!: Operator
  readonly #host: CellHost
  readonly #targets: Target[][]

  constructor(uid: string, outputs: number, host: CellHost) {
    this.uid = uid
    this.keyGroups = host.keyGroups
    this.current = host.cursor
    this.#host = host
    this.#targets = Array.from({ length: outputs }, () => [])
  }

  /** The key under way: another object from record to record. */
  get key(): EncodedKey {
    return this.#host.key
  }

  connect(output: number, target: Target): void {
    this.#targets[output].push(target)
  }

  connected(output: number): boolean {
    return this.#targets[output].length > 0
  }

  emit(output: number, value: unknown): void {
    const targets = this.#targets[output]
    for (let i = 0; i < targets.length; i++) this.#hand(targets[i], value)
  }

  emitRows(output: number, rows: RowBlock, from: number, to: number, values: RowValues): void {
    for (const target of this.#targets[output]) {
      for (let i = from; i < to; i++) {
        if ('outlet' in target) i = this.#host.leaveRows(target.outlet, rows, i, to, values)
        if (i === to) break
        rows.enter(i)
        try {
          this.#hand(target, values.valueAt(i))
        } catch (error) {
          rows.row.at(i)
          this.reject(rows.row.toRecord(), error)
        }
      }
    }
  }

  emitChild(output: number, value: unknown, ordinal: number): void {
    const { cursor } = this.#host
    const { path } = cursor
    cursor.path = childPath(path, ordinal)
    this.emit(output, value)
    cursor.path = path
  }

  reject(value: unknown, error: unknown): void {
    this.deadLetter(value, error)
    this.operator.ledger.add(REJECTED, this.key.group)
  }

  /** @throws the error itself when it is no fault of the record: impure code, damaged state */
  deadLetter(value: unknown, error: unknown): void {
    if (!isMillraceError(error)) this.#host.thrown(this.uid, error)
    else if (error.errorClass !== 'data') throw error
    if (this.connected(REJECTED_OUTPUT)) this.emit(REJECTED_OUTPUT, letterOf(this.uid, this.current, value, error))
  }

  /** Rejects a record that never reached the operator, so that its ledger balances. */
  rejectUnkeyed(value: unknown, error: unknown): void {
    this.operator.ledger.add(IN, this.key.group)
    this.reject(value, error)
  }

  setEventTimer(time: number, tag: string): void {
    // A timer never lies before the record that sets it: what it emits could not be put in order.
    this.#host.setTimer('event', this.uid, Math.max(time, this.current.time), tag)
  }

  deleteEventTimer(time: number, tag: string): void {
    this.#host.deleteTimer('event', this.uid, time, tag)
  }

  setProcessingTimer(time: number, tag: string): void {
    this.#host.setTimer('processing', this.uid, time, tag)
  }

  deleteProcessingTimer(time: number, tag: string): void {
    this.#host.deleteTimer('processing', this.uid, time, tag)
  }

  kernelMemory(): KernelMemory | undefined {
    return this.#host.kernelMemory()
  }

  #hand(target: Target, value: unknown): void {
    if ('operator' in target) target.operator.receive(target.input, value)
    else this.#host.leave(target.outlet, value)
  }
}

/** What the rejected output carries. Errors that are not ours are the user function's: ML_USER_FUNCTION. */
export function letterOf(at: string, identity: Identity, value: unknown, error: unknown): Rejected {
  return {
    at,
    code: isMillraceError(error) ? error.code : 'ML_USER_FUNCTION',
    reason: errorText(error),
    source: identity.origin,
    split: identity.split,
    position: identity.position,
    value,
  }
}

export function poison(uid: string): MillraceError {
  return new MillraceError('ML_POISON', {
    what: 'the process died each time it processed this record',
    where: `operator "${uid}"`,
    remedy: 'Look at what the functions do with it; it is kept here so that the stream can go on',
  })
}
