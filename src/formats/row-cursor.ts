import type { ByteReader } from '../bytes/reader.ts'
import { MillraceError } from '../errors.ts'
import { intsIn, type KernelMemory } from '../numeric/kernel-memory.ts'
import { type RowCodec, rowCodec } from './row-codec.ts'
import { type Locator, RowLayout } from './row-layout.ts'
import type { RecordSchema } from './schema.ts'

/** Makes an object that shows the fields of the row under way. */
type MakeHandle = () => object

/** Rows that a cursor holds at most. */
export const MOST_ROWS = 64

/**
 * Rows of a schema, read where they lie: a function sees the fields of a row by `record`, which reads them from the bytes
 * when it is asked, and no object is made for the row. Layout of rows: `row-codec.ts`.
 *
 * `record` has the fields as properties of its own, in schema order, so that its keys, a spread of it and its JSON are those
 * of the record. It is good during the call that is given it, and cannot be changed: a function that does something to it, or
 * reads one that it has kept, gets an error, and `refused` says that this schema's rows must come as records from then on.
 * Two objects take turns, so that one kept from the row before is known to be stale.
 */
export class RowCursor {
  /** Shows the row under way to functions. */
  record: object
  /** A function has kept or changed a record: it needs records of its own. */
  refused = false
  readonly layout: RowLayout
  /** Where fields begin whose place is not fixed, see `RowLayout`: row after row, those of the one under way from `base` on. */
  readonly marks: Int32Array
  base = 0
  bytes: Uint8Array = new Uint8Array(0)
  view: DataView = new DataView(new ArrayBuffer(0))
  readonly #codec: RowCodec<unknown>
  readonly #locate: Locator
  readonly #one: object
  readonly #other: object
  /** As a handle, and writes down which fields are read. */
  readonly #witness: object
  readonly #seen: number[] = []
  /** Where rows begin. */
  readonly starts: Int32Array
  #reader!: ByteReader
  /** What `record` is while a row is under way. */
  live: object | undefined

  private constructor(schema: RecordSchema<unknown>, memory: KernelMemory | undefined) {
    this.layout = new RowLayout(schema.fields)
    this.marks = intsIn(memory, MOST_ROWS * this.layout.marks)
    this.starts = intsIn(memory, MOST_ROWS)
    this.#codec = rowCodec(schema)
    this.#locate = this.layout.locator()
    const getters = this.layout.getters(this)
    const handle = this.#maker(getters)
    this.#one = handle()
    this.#other = handle()
    this.#witness = this.#maker(
      getters.map((get, i) => {
        const seen = this.#seen
        return function (this: unknown): unknown {
          seen.push(i)
          return get.call(this)
        }
      }),
    )()
    this.record = this.#one
  }

  /**
   * Undefined where code generation is not allowed: records are as quick there.
   *
   * @param memory that frames come in, where the engine has one
   */
  static of(schema: RecordSchema<unknown>, memory?: KernelMemory): RowCursor | undefined {
    try {
      return new RowCursor(schema, memory)
    } catch (error) {
      if (error instanceof SyntaxError) throw error
      return undefined
    }
  }

  /** Rows of these bytes come next; `reader` is over the same. */
  begin(bytes: Uint8Array, reader: ByteReader): void {
    this.bytes = bytes
    this.view = reader.view
    this.#reader = reader
  }

  /** Row number `i` goes from `start` to `end`. @throws ML_CORRUPT when that is no row */
  place(i: number, start: number, end: number): void {
    this.starts[i] = start
    if (this.#locate(this.bytes, start, this.marks, this.baseOf(i)) !== end) this.#refuse(start, end)
  }

  /** Makes row number `i` the one under way. */
  at(i: number): void {
    this.base = this.baseOf(i)
    this.record = this.live = this.record === this.#one ? this.#other : this.#one
  }

  /** Nothing is under way: whoever kept `record` cannot read it. */
  end(): void {
    this.live = undefined
  }

  /** Where the marks of row number `i` begin. */
  baseOf(i: number): number {
    return i * this.layout.marks
  }

  /** Where a field begins, and the one before it ends: an index into `bytes`. */
  start(field: number, base: number = this.base): number {
    const { layout } = this
    return this.marks[base + layout.markOf[field]] + layout.distance[field]
  }

  /** The row as a record, which lasts. */
  toRecord(): unknown {
    const reader = this.#reader
    const { offset } = reader
    reader.offset = this.starts[this.base / this.layout.marks]
    const record = this.#codec.decode(reader)
    reader.offset = offset
    return record
  }

  /** Indices of the fields that the function reads of the row under way, each once. */
  fieldsRead(read: (record: never) => unknown): readonly number[] {
    const { live } = this
    this.#seen.length = 0
    this.live = this.#witness
    try {
      read(this.#witness as never)
    } finally {
      this.live = live
    }
    return [...new Set(this.#seen)]
  }

  /** A string that begins here. */
  text(at: number): string {
    const reader = this.#reader
    const { offset } = reader
    reader.offset = at
    const text = reader.string()
    reader.offset = offset
    return text
  }

  /** What a getter does when it is asked by an object that is not the row under way. */
  stale(): never {
    this.refused = true
    throw new MillraceError('ML_VALUE', {
      what: 'a function reads a record that it was given in an earlier call',
      where: 'a record of a schema',
      remedy: 'Keep what you need of it: const { id } = record',
    })
  }

  /** In the words of who reads the row. */
  #refuse(start: number, end: number): never {
    const reader = this.#reader
    reader.offset = start
    this.#codec.decode(reader)
    return reader.fail('a record does not end where it says', reader.offset - end)
  }

  #maker(getters: readonly (() => unknown)[]): MakeHandle {
    const set = (): never => {
      this.refused = true
      throw new TypeError('a record is immutable')
    }
    return () => {
      const handle = {}
      this.layout.fields.forEach(({ name }, i) => {
        Object.defineProperty(handle, name, { get: getters[i], set, enumerable: true, configurable: false })
      })
      return Object.preventExtensions(handle)
    }
  }
}
