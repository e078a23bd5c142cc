/**
 * Route: finds the model a label belongs to. Keyed by the join key, it remembers under which model key a record was
 * scored and forwards its labels with that key. So a model per key learns from labels that do not carry it, without a cycle.
 *
 * Time: a mapping, and a label that waits for its record, are kept for the label timeout. A label that no record
 * followed goes to the rejected output.
 */
import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { decodeValue, encodeValue } from '../formats/value-codec.ts'
import { type Key, keyText } from '../state/key.ts'
import { KeyedValues } from '../state/keyed-values.ts'
import { unmatched } from './labels.ts'
import { basicCounters, IN, Ledger, PROCESSED } from './ledger.ts'
import type { Operator, OperatorCapture, OperatorContext } from './operator.ts'

interface Route {
  readonly known: boolean
  readonly modelKey: Key
  readonly waiting: readonly unknown[]
}

export interface RouteOptions {
  readonly timeoutMs: number
  readonly maxKeys: number
}

const EXPIRY_TAG = 'expiry'

export class RouteOperator implements Operator {
  readonly ledger: Ledger
  readonly #context: OperatorContext
  readonly #modelKey: (record: unknown) => unknown
  readonly #timeoutMs: number
  readonly #routes: KeyedValues<Route>

  constructor(context: OperatorContext, modelKey: (record: unknown) => unknown, options: RouteOptions) {
    this.#context = context
    this.#modelKey = modelKey
    this.#timeoutMs = options.timeoutMs
    this.#routes = new KeyedValues<Route>({
      keyGroups: context.keyGroups,
      maxKeys: options.maxKeys,
      where: `operator "${context.uid}"`,
    })
    this.ledger = new Ledger(basicCounters, context.keyGroups)
  }

  receive(input: number, value: unknown): void {
    const { key } = this.#context
    this.ledger.add(IN, key.group)
    const text = keyText(key)
    try {
      if (input === 0) this.#record(text, value)
      else this.#label(text, value)
    } catch (error) {
      this.#context.reject(value, error)
      return
    }
    this.ledger.add(PROCESSED, key.group)
  }

  onEventTimer(): void {
    const { key } = this.#context
    const text = keyText(key)
    const route = this.#routes.get(text, key.group)
    this.#routes.delete(text, key.group)
    for (const label of route?.waiting ?? [])
      this.#context.deadLetter(label, unmatched(`operator "${this.#context.uid}"`))
  }

  capture(): OperatorCapture {
    const captured = this.#routes.capture(writeRoute)
    return {
      writeGroup: (group: number, writer: ByteWriter) => {
        if (captured.size(group) > 0) captured.writeGroup(group, writer)
      },
      release: () => captured.release(),
    }
  }

  restoreGroup(group: number, reader: ByteReader): void {
    this.#routes.restoreGroup(group, reader, readRoute)
  }

  #record(text: string, record: unknown): void {
    const { group } = this.#context.key
    const modelKey = this.#modelKey(record) as Key
    const route = this.#routes.get(text, group)
    this.#keep(text, { known: true, modelKey, waiting: [] })
    route?.waiting.forEach((label, i) => {
      this.#context.emitChild(0, { modelKey, label }, i)
    })
  }

  #label(text: string, label: unknown): void {
    const route = this.#routes.get(text, this.#context.key.group)
    if (route?.known) this.#context.emit(0, { modelKey: route.modelKey, label })
    else this.#keep(text, { known: false, modelKey: null, waiting: [...(route?.waiting ?? []), label] })
  }

  #keep(text: string, route: Route): void {
    this.#routes.set(text, this.#context.key.group, route)
    this.#context.setEventTimer(this.#context.current.time + this.#timeoutMs, EXPIRY_TAG)
  }
}

function writeRoute(route: Route, writer: ByteWriter): void {
  encodeValue([route.known, route.modelKey, route.waiting], writer)
}

function readRoute(reader: ByteReader): Route {
  const [known, modelKey, waiting] = decodeValue(reader) as [boolean, Key, unknown[]]
  return { known, modelKey, waiting }
}
