/**
 * The graph under construction: vertices, functions and schemas that the typed streams add to, and the plan made of it.
 */
import { MillraceError } from '../errors.ts'
import type { RecordSchema } from '../formats/schema.ts'
import type { JsonObject, JsonValue } from '../stage/json.ts'
import {
  type InputEdge,
  KEY_GROUPS,
  type OperatorVertex,
  PLAN_VERSION,
  type Plan,
  type SourceVertex,
} from '../stage/plan.ts'
import type { SinkDeclaration, SourceDeclaration } from './declarations.ts'
import { planStages } from './plan-stages.ts'
import { Program } from './program.ts'

/** A vertex whose inputs may still be added. */
interface OpenVertex {
  readonly uid: string
  readonly kind: string
  readonly inputs: InputEdge[]
  options: JsonObject
}

export interface SourceTime<T> {
  /** Event time of a record in milliseconds: usually a `time()` field. */
  readonly eventTime?: (record: T) => number
  readonly outOfOrdernessMs: number
  /** Undefined: a minute for a source that does not end. */
  readonly idleMs?: number
}

// Any function the user may give; engines call it with what the plan says.
export type AnyFunction = (...values: never[]) => unknown

/** Long enough for a slow producer, short enough that an empty partition is no outage. */
const IDLE_MS = 60_000

const LEGAL_UID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

export class Graph {
  readonly name: string
  readonly #order: 'eventTime' | 'arrival' | undefined
  readonly #sources: SourceVertex[] = []
  readonly #timed = new Set<string>()
  readonly #operators: OpenVertex[] = []
  readonly #functions = new Map<string, AnyFunction>()
  readonly #schemas = new Map<string, RecordSchema<unknown>>()
  readonly #uids = new Set<string>()
  #generated = 0

  constructor(name: string, order: 'eventTime' | 'arrival' | undefined) {
    this.name = checkedUid(name, 'pipeline')
    this.#order = order
  }

  addSource<T>(uid: string, declaration: SourceDeclaration<T>, time: SourceTime<T>): void {
    this.#claim(uid, 'source')
    if (declaration?.role !== 'source') {
      throw new MillraceError('ML_PLAN', {
        what: 'from() takes a source',
        got: declaration,
        where: `source "${uid}"`,
        remedy: 'Give csv(...), jsonl(...) or memory(...) with a schema',
      })
    }
    this.#schemas.set(uid, declaration.schema)
    if (time.eventTime !== undefined) {
      this.#timed.add(uid)
      this.#functions.set(`${uid}/eventTime`, time.eventTime as AnyFunction)
    }
    this.#sources.push({
      uid,
      connector: declaration.kind,
      options: declaration.options,
      format: declaration.format,
      schema: declaration.schema.toJSON() as unknown as JsonValue,
      bounded: declaration.bounded !== false,
      discoverMs: declaration.discoverMs ?? 0,
      idleMs: declaration.bounded === false ? (time.idleMs ?? IDLE_MS) : 0,
      guarantee: declaration.guarantee ?? 'exactly-once',
      outOfOrdernessMs: time.outOfOrdernessMs,
    })
  }

  /** Adds an operator under a name the user gave. */
  addOperator(uid: string, kind: string, inputs: readonly InputEdge[], options: JsonObject = {}): void {
    this.#claim(uid, 'operator')
    this.#operators.push({ uid, kind, inputs: [...inputs], options })
  }

  /** Adds a stateless operator; its uid tells its place, and no state is found by it. */
  addUnnamed(kind: string, inputs: readonly InputEdge[], functions: Record<string, AnyFunction> = {}): string {
    const uid = `${inputs[0].from.uid}.${kind}-${++this.#generated}`
    this.#operators.push({ uid, kind, inputs: [...inputs], options: {} })
    this.addFunctions(uid, functions)
    return uid
  }

  addFunctions(uid: string, functions: Record<string, AnyFunction | undefined>): void {
    for (const [name, value] of Object.entries(functions)) {
      if (value === undefined) continue
      if (typeof value !== 'function') {
        throw new MillraceError('ML_PLAN', {
          what: `"${name}" must be a function`,
          got: value,
          where: `operator "${uid}"`,
          remedy: 'Give a function of the record',
        })
      }
      this.#functions.set(`${uid}/${name}`, value)
    }
  }

  /** Adds an input, and options, to an operator that is there; returns the input's index. */
  extend(uid: string, input: InputEdge, options: JsonObject = {}): number {
    const vertex = this.#operators.find((open) => open.uid === uid) as OpenVertex
    vertex.options = { ...vertex.options, ...options }
    return vertex.inputs.push(input) - 1
  }

  options(uid: string): JsonObject {
    return (this.#operators.find((open) => open.uid === uid) as OpenVertex).options
  }

  addSink(uid: string, inputs: readonly InputEdge[], declaration: SinkDeclaration): void {
    if (declaration?.role !== 'sink') {
      throw new MillraceError('ML_PLAN', {
        what: 'to() takes a sink',
        got: declaration,
        where: `sink "${uid}"`,
        remedy: 'Give jsonl(folder), csv(folder, ...) or stdout(), without a schema',
      })
    }
    this.#claim(uid, 'sink')
    const { kind: connector, options, format, guarantee = 'exactly-once' } = declaration
    const sink = { connector, options, format, guarantee }
    this.#operators.push({ uid, kind: 'sink', inputs: [...inputs], options: sink })
  }

  isSource(uid: string): boolean {
    return this.#sources.some((source) => source.uid === uid)
  }

  /** Rejected outputs that nothing takes. */
  openRejected(outputsOf: (kind: string) => readonly string[]): InputEdge[] {
    const taken = new Set<string>()
    for (const { inputs } of this.#operators) {
      for (const { from } of inputs) if (from.output === 'rejected') taken.add(from.uid)
    }
    const all = [
      ...this.#sources.map(({ uid }) => uid),
      ...this.#operators.filter(({ kind }) => outputsOf(kind).includes('rejected')).map(({ uid }) => uid),
    ]
    return all
      .filter((uid) => !taken.has(uid))
      .map((uid) => ({ from: { uid, output: 'rejected' }, partitioning: 'single', rows: null }))
  }

  program(): Program {
    const { order, clock } = this.#ordering()
    const operators: OperatorVertex[] = this.#operators
    if (this.#sources.length === 0) {
      throw new MillraceError('ML_PLAN', {
        what: 'a pipeline needs a source',
        where: `pipeline "${this.name}"`,
        remedy: 'Begin with from("name", csv(...))',
      })
    }
    const plan: Plan = {
      version: PLAN_VERSION,
      name: this.name,
      order,
      clock,
      keyGroups: KEY_GROUPS,
      sources: this.#sources,
      ...planStages(operators, new Set(this.#sources.map(({ uid }) => uid))),
    }
    return new Program(plan, this.#functions, this.#schemas)
  }

  #ordering(): { order: Plan['order']; clock: Plan['clock'] } {
    const timed = this.#timed.size
    const clock = timed === 0 ? 'rows' : 'declared'
    const order = this.#order ?? (this.#sources.every(({ bounded }) => bounded) ? 'eventTime' : 'arrival')
    if (timed > 0 && timed < this.#sources.length) {
      const without = this.#sources.filter(({ uid }) => !this.#timed.has(uid)).map(({ uid }) => uid)
      throw new MillraceError('ML_PLAN', {
        what: `some sources declare an event time and others do not: ${without.join(', ')}`,
        where: `pipeline "${this.name}"`,
        remedy: 'Give eventTime for each source, or for none',
      })
    }
    return { order, clock }
  }

  #claim(uid: string, what: string): void {
    checkedUid(uid, what)
    if (this.#uids.has(uid)) {
      throw new MillraceError('ML_PLAN', {
        what: `two vertices are named "${uid}"; state is found by name`,
        where: `${what} "${uid}" of pipeline "${this.name}"`,
        remedy: 'Give each source, operator and sink a name of its own',
      })
    }
    this.#uids.add(uid)
  }
}

function checkedUid(uid: string, what: string): string {
  if (typeof uid === 'string' && LEGAL_UID.test(uid) && uid.length <= 100) return uid
  throw new MillraceError('ML_PLAN', {
    what: 'a name must begin with a letter or digit and go on with those, ".", "_" or "-", at most 100 in all',
    got: uid,
    where: what,
    remedy: 'Names are file names and keys of stored state: keep them short and stable',
  })
}
