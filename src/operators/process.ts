/**
 * Process: the user's own operator, with state per key and timers in event and processing time.
 *
 * A call is atomic. What the function sets, emits and schedules takes effect when it returns; when it throws, nothing
 * did happen and the record goes to the rejected output. State values are immutable: replace them with `state.set`.
 * Event-time timers fire between records, after all records of their time.
 */
import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { checkValue, decodeValue, encodeValue } from '../formats/value-codec.ts'
import { decodeKey, type Key, keyText } from '../state/key.ts'
import { KeyedValues } from '../state/keyed-values.ts'
import { basicCounters, IN, Ledger, PROCESSED } from './ledger.ts'
import type { Operator, OperatorCapture, OperatorContext } from './operator.ts'

/** State of the current key: one value of the user's own shape. */
export interface ValueState<S> {
  get(): S | undefined
  set(value: S): void
  clear(): void
}

export interface ProcessContext<S, Out> {
  readonly key: Key
  /** Event time of the record or timer under way, in milliseconds. */
  readonly time: number
  readonly state: ValueState<S>
  emit(value: Out): void
  /** Timers of the current key; the tag tells several apart and reaches `onTimer`. Setting one twice is once. */
  readonly timers: {
    event(time: number, tag?: string): void
    deleteEvent(time: number, tag?: string): void
    processing(time: number, tag?: string): void
    deleteProcessing(time: number, tag?: string): void
  }
}

export interface ProcessFunctions<T, S, Out> {
  onRecord(record: T, context: ProcessContext<S, Out>): void
  /** An event-time timer of this key is due. */
  onTimer?(time: number, context: ProcessContext<S, Out>, tag: string): void
  /** A processing-time timer of this key is due; `time` is the engine's clock. */
  onProcessingTimer?(time: number, context: ProcessContext<S, Out>, tag: string): void
}

export interface ProcessOptions {
  /** Keys held at most; a record of one more key is rejected. */
  readonly maxKeys: number
  /** Event time after the last write at which a key's state is dropped; 0 keeps it for ever. */
  readonly ttlMs: number
}

interface Held {
  readonly value: unknown
  readonly expiresAt: number
}

/** Begins the tag of the timer that drops a key's state; '~': it follows from the state, so no snapshot holds it. */
const TTL_TAG = '~'
/** Before the user's tags, to keep them apart from ours. */
const USER_TAG = 'u'

type TimerEffect = (context: OperatorContext) => void

export class ProcessOperator implements Operator {
  readonly ledger: Ledger
  readonly #context: OperatorContext
  readonly #functions: ProcessFunctions<unknown, unknown, unknown>
  readonly #options: ProcessOptions
  readonly #values: KeyedValues<Held>
  readonly #user: ProcessContext<unknown, unknown>
  // Effects of the call under way, applied when it returns.
  readonly #emitted: unknown[] = []
  readonly #timers: TimerEffect[] = []
  #text = ''
  #key: Key = null
  #value: unknown
  #written = false

  constructor(
    context: OperatorContext,
    functions: ProcessFunctions<unknown, unknown, unknown>,
    options: ProcessOptions,
  ) {
    this.#context = context
    this.#functions = functions
    this.#options = options
    this.#values = new KeyedValues<Held>({
      keyGroups: context.keyGroups,
      maxKeys: options.maxKeys,
      where: `operator "${context.uid}"`,
    })
    this.ledger = new Ledger(basicCounters, context.keyGroups)
    this.#user = this.#userContext()
  }

  receive(_input: number, value: unknown): void {
    const { group } = this.#context.key
    this.ledger.add(IN, group)
    const error = this.#call((user) => this.#functions.onRecord(value, user))
    if (error === undefined) this.ledger.add(PROCESSED, group)
    else this.#context.reject(value, error.thrown)
  }

  onEventTimer(time: number, tag: string): void {
    if (tag.startsWith(TTL_TAG)) this.#expire(time, tag.slice(TTL_TAG.length))
    else this.#timer(time, tag, this.#functions.onTimer)
  }

  onProcessingTimer(time: number, tag: string): void {
    this.#timer(time, tag, this.#functions.onProcessingTimer)
  }

  get keys(): number {
    return this.#values.size
  }

  capture(): OperatorCapture {
    const captured = this.#values.capture(writeHeld)
    return {
      writeGroup: (group: number, writer: ByteWriter) => {
        if (captured.size(group) > 0) captured.writeGroup(group, writer)
      },
      release: () => captured.release(),
    }
  }

  restoreGroup(group: number, reader: ByteReader): void {
    this.#values.restoreGroup(group, reader, readHeld)
    if (this.#options.ttlMs === 0) return
    this.#values.forEach(group, (text, { expiresAt }) => {
      this.#context.setEventTimer(expiresAt, TTL_TAG + text)
    })
  }

  #timer(time: number, tag: string, run: ProcessFunctions<unknown, unknown, unknown>['onTimer']): void {
    const userTag = tag.slice(USER_TAG.length)
    const error = this.#call((user) => run?.call(this.#functions, time, user, userTag))
    if (error !== undefined) this.#context.deadLetter({ key: this.#key, timer: time, tag: userTag }, error.thrown)
  }

  /** Runs a user function and applies its effects, or none of them; returns what it threw. */
  #call(run: (user: ProcessContext<unknown, unknown>) => void): { readonly thrown: unknown } | undefined {
    const { key } = this.#context
    this.#text = keyText(key)
    this.#key = decodeKey(key.bytes, 0, key.length)
    this.#value = this.#values.get(this.#text, key.group)?.value
    this.#written = false
    this.#emitted.length = 0
    this.#timers.length = 0
    try {
      run(this.#user)
      if (this.#written && this.#value !== undefined) checkValue(this.#value)
      for (const value of this.#emitted) checkValue(value)
      if (this.#written) this.#store(key.group)
    } catch (thrown) {
      return { thrown }
    }
    for (const effect of this.#timers) effect(this.#context)
    const emitted = this.#emitted.slice()
    for (let i = 0; i < emitted.length; i++) this.#context.emitChild(0, emitted[i], i)
    return undefined
  }

  #store(group: number): void {
    if (this.#value === undefined) {
      this.#values.delete(this.#text, group)
      return
    }
    const { ttlMs } = this.#options
    const expiresAt = ttlMs > 0 ? this.#context.current.time + ttlMs : 0
    const before = this.#values.get(this.#text, group)
    this.#values.set(this.#text, group, { value: this.#value, expiresAt })
    // One timer a key: while an earlier one is under way it re-arms itself for the time of the last write.
    if (ttlMs === 0 || before !== undefined) return
    const tag = TTL_TAG + this.#text
    this.#timers.push((context) => context.setEventTimer(expiresAt, tag))
  }

  #expire(time: number, text: string): void {
    const { group } = this.#context.key
    const held = this.#values.get(text, group)
    if (held === undefined) return
    if (held.expiresAt <= time) this.#values.delete(text, group)
    else this.#context.setEventTimer(held.expiresAt, TTL_TAG + text)
  }

  #userContext(): ProcessContext<unknown, unknown> {
    const operator = this
    const defer = (effect: TimerEffect) => this.#timers.push(effect)
    return {
      get key() {
        return operator.#key
      },
      get time() {
        return operator.#context.current.time
      },
      state: {
        get: () => this.#value,
        set: (value) => {
          this.#value = value
          this.#written = true
        },
        clear: () => {
          this.#value = undefined
          this.#written = true
        },
      },
      emit: (value) => {
        this.#emitted.push(value)
      },
      timers: {
        event: (time, tag = '') => void defer((context) => context.setEventTimer(time, USER_TAG + tag)),
        deleteEvent: (time, tag = '') => void defer((context) => context.deleteEventTimer(time, USER_TAG + tag)),
        processing: (time, tag = '') => void defer((context) => context.setProcessingTimer(time, USER_TAG + tag)),
        deleteProcessing: (time, tag = '') =>
          void defer((context) => context.deleteProcessingTimer(time, USER_TAG + tag)),
      },
    }
  }
}

function writeHeld(held: Held, writer: ByteWriter): void {
  writer.zigzag(held.expiresAt)
  encodeValue(held.value, writer)
}

function readHeld(reader: ByteReader): Held {
  const expiresAt = reader.zigzag()
  return { expiresAt, value: decodeValue(reader) }
}
