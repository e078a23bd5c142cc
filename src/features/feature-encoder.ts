import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import type { RowCursor } from '../formats/row-cursor.ts'
import type { FieldPlace, RowLayout } from '../formats/row-layout.ts'
import { NOWHERE } from '../numeric/kernel-memory.ts'
import { type CategorySlots, NO_SLOT } from './category-slots.ts'
import { CategoryTable, type InputSlots } from './category-table.ts'
import { readEncoder, writeEncoder } from './encoder-snapshot.ts'
import { activeCapacity, type FeatureSpec, fixedSlots, hasValues } from './feature-spec.ts'
import { FeatureVector } from './feature-vector.ts'
import {
  plainRecordReader,
  type RecordReader,
  type RecordValues,
  type RowReader,
  type RowsReader,
  recordReader,
  rowReader,
  rowsReader,
} from './record-reader.ts'
import type { SlotMap } from './slot-map.ts'
import { TokenSlots } from './token-slots.ts'

export interface EncoderOptions {
  /**
   * `shared`: one encoder for one model; dictionaries may grow. `perKey`: for models per key, whose size must be known:
   * every categorical input is reserved or hashed, and no names of hashed slots are kept, so the encoder has no state.
   */
  readonly mode?: 'shared' | 'perKey'
  /** False: no generated code, for tests. */
  readonly generate?: boolean
}

/**
 * Encodes records as declared by `features(...)`.
 *
 * Input     records of the schema; numbers finite and within `max`, times in milliseconds
 * Cost      about 1 ns a numeric input, 20 to 40 ns a categorical one, see `TokenSlots` for texts
 * Order     dictionary slots are given in order of first appearance
 * Snapshot  v1, see encoder-snapshot.ts: categories by name of their feature; restores into an edited list of features
 * @throws ML_RANGE in mode `perKey` when a categorical input has a dictionary
 */
export class FeatureEncoder {
  readonly spec: FeatureSpec
  /** Numeric inputs; their slots come first. */
  readonly dense: number
  /** Slots that can be active in one record. */
  readonly active: number
  /** Active slots have values other than 1. */
  readonly valued: boolean
  /** The number of slots for ever, where it is known beforehand. */
  readonly fixedSlots: number | undefined
  readonly #named: boolean
  /** There are texts, of which each word has a slot. */
  readonly #texts: boolean
  readonly #read: RecordReader
  /** Of rows of the layout that came last. */
  #readRow: RowReader = () => -1
  #readRows: RowsReader | undefined
  #side: FieldPlace | undefined
  #layout: RowLayout | undefined
  readonly #values: RecordValues
  #table: CategoryTable

  constructor(spec: FeatureSpec, { mode = 'shared', generate = true }: EncoderOptions = {}) {
    this.spec = spec
    this.dense = spec.numeric.length
    this.active = activeCapacity(spec)
    this.valued = hasValues(spec)
    this.#texts = spec.categorical.some(({ storage }) => storage.by === 'tokens')
    this.fixedSlots = fixedSlots(spec)
    if (mode === 'perKey') refuseDictionaries(spec)
    this.#named = mode === 'shared'
    this.#table = new CategoryTable(spec, this.#named)
    const { sources } = this.#table
    this.#read = generate ? recordReader(spec, sources) : plainRecordReader(spec, sources)
    const texts = sources.map(() => '')
    this.#values = {
      dense: new Float64Array(0),
      missing: new Uint8Array(0),
      texts,
      codes: new Int32Array(sources.length),
    }
  }

  /** Slots so far. A model must have room for all of them before it sees the vector. */
  get slots(): number {
    return this.#table.slots
  }

  /** Records whose category shared the slot `<other>`, summed over inputs. */
  get overflowed(): number {
    return this.#table.inputs.reduce((sum, input) => sum + input.overflowed, 0)
  }

  /** A vector of the right size, to be filled again and again. @param dense where its numeric inputs shall lie */
  vector(dense?: Float64Array): FeatureVector {
    return new FeatureVector(dense ?? this.dense, this.active)
  }

  /**
   * Fills `out`. With `grow` a new category gets a slot; without, it is left out.
   * @throws ML_FEATURE when a value is not usable; the encoder is as before then, `out` is not
   */
  encode(record: unknown, out: FeatureVector, grow: boolean): void {
    const values = this.#values
    values.dense = out.dense
    values.missing = out.missing
    if (typeof record !== 'object' || record === null) throw notARecord(record)
    this.#activate(record, this.#read(record as Readonly<Record<string, unknown>>, values), out, grow)
  }

  /** As `encode`, of a row where it lies. @throws EvalError where code generation is not allowed, and there are no such rows */
  encodeRow(row: RowCursor, out: FeatureVector, grow: boolean): void {
    const values = this.#values
    values.dense = out.dense
    values.missing = out.missing
    if (row.layout !== this.#layout) this.#prepare(row.layout)
    this.#activate(row.record, this.#readRow(row, values), out, grow)
  }

  /**
   * As `encodeRow` of rows `from` to before `to`, whose numeric inputs go side by side into `dense`, where nothing else is to be
   * read. Returns the first row that is not usable, or `to`; undefined where the rows have to come one by one.
   */
  encodeRows(rows: RowCursor, from: number, to: number, dense: Float64Array): number | undefined {
    if (rows.layout !== this.#layout) this.#prepare(rows.layout)
    return this.#readRows?.(rows, from, to, dense)
  }

  /**
   * Where the numeric inputs of rows `from` to before `to` lie side by side, into `inputs`: addresses. They have not been looked at
   * then. False where there is no such place, or more to a row than these.
   *
   * @param address where the bytes of the rows begin, or NOWHERE
   */
  locateRows(rows: RowCursor, address: number, from: number, to: number, inputs: Int32Array): boolean {
    if (rows.layout !== this.#layout) this.#prepare(rows.layout)
    const place = this.#side
    if (place === undefined || address === NOWHERE) return false
    const { marks, layout } = rows
    const { mark, distance } = place
    for (let i = from; i < to; i++) inputs[i] = address + marks[i * layout.marks + mark] + distance
    return true
  }

  #prepare(layout: RowLayout): void {
    this.#readRow = rowReader(this.spec, this.#table.sources, layout)
    this.#readRows = rowsReader(this.spec, layout)
    this.#side = this.#readRows && layout.sideBySide(this.spec.numeric.map(({ name }) => name))
    this.#layout = layout
  }

  /** What follows from what was read: `missing` as a `RecordReader` gives it. */
  #activate(record: object, missing: number, out: FeatureVector, grow: boolean): void {
    const values = this.#values
    if (missing < 0) throw this.#unusable(record as Readonly<Record<string, unknown>>, ~missing)
    out.missingCount = missing
    if (this.active === 0) return
    const table = this.#table
    table.look(values, grow)
    const { inputs } = table
    if (this.#texts) {
      this.#activateWords(inputs, out, grow)
      return
    }
    const { active } = out
    let count = 0
    for (let i = 0; i < inputs.length; i++) {
      const slot = (inputs[i] as CategorySlots).slotOf(values, grow)
      if (slot !== NO_SLOT) active[count++] = slot
    }
    out.activeCount = count
  }

  /** `distance`, `carrier=UA`, `hourOfDay(scheduledAt)=17`, `origin×carrier=EWR×UA`, `carrier=<other>`, `carrier#37`, `body=free`. */
  slotName(slot: number): string {
    const name = slot < this.dense ? this.spec.numeric[slot]?.name : this.#table.nameOf(slot)
    if (name === undefined)
      throw new MillraceError('ML_RANGE', { what: 'there is no such slot', got: slot, where: 'features' })
    return name
  }

  /** Index of the categorical input that a slot belongs to; -1 of a numeric input's. */
  inputOf(slot: number): number {
    return this.#table.inputOf(slot)
  }

  /** A slot of hashed categories, of which most may never be used. */
  isHashed(slot: number): boolean {
    return this.#table.isHashed(slot)
  }

  snapshot(writer: ByteWriter): void {
    writeEncoder(this.spec, this.#table, writer)
  }

  /**
   * Takes over a snapshot; what an edited list of features no longer has is dropped, what it has anew starts empty.
   * When it throws the encoder is as before.
   * @throws ML_CORRUPT, ML_VERSION
   */
  restore(reader: ByteReader): SlotMap {
    const table = new CategoryTable(this.spec, this.#named)
    const map = readEncoder(this.spec, table, reader)
    this.#table = table
    return map
  }

  #activateWords(inputs: readonly InputSlots[], out: FeatureVector, grow: boolean): void {
    const values = this.#values
    out.activeCount = 0
    for (const input of inputs) {
      if (input instanceof TokenSlots) {
        input.fill(values, grow, out)
        continue
      }
      const slot = input.slotOf(values, grow)
      if (slot !== NO_SLOT) out.activate(slot)
    }
  }

  #unusable(record: Readonly<Record<string, unknown>>, index: number): MillraceError {
    const numeric = this.spec.numeric[index]
    if (numeric !== undefined) {
      return unusable(numeric.name, `a finite number of magnitude ${numeric.max} at most`, record[numeric.name])
    }
    const { from, field } = this.#table.sources[index - this.dense]
    const expected = { text: 'a string', boolean: 'true or false', hourOfDay: 'a time', dayOfWeek: 'a time' }[from]
    return unusable(field, expected, record[field])
  }
}

function unusable(field: string, expected: string, got: unknown): MillraceError {
  const where = `feature "${field}"`
  if (got === undefined) return new MillraceError('ML_FEATURE', { what: `the record has no "${field}"`, where })
  return new MillraceError('ML_FEATURE', { what: `an input must be ${expected}`, got, where })
}

function notARecord(got: unknown): MillraceError {
  return new MillraceError('ML_FEATURE', { what: 'features are read from a record', got, where: 'features' })
}

function refuseDictionaries({ categorical }: FeatureSpec): void {
  const open = categorical.filter((input) => input.storage.by === 'dictionary').map((input) => input.name)
  if (open.length === 0) return
  throw new MillraceError('ML_RANGE', {
    what: 'models per key need inputs of a size known beforehand',
    got: open,
    where: 'features',
    remedy: 'Hash these inputs: categorical(name, { hashBits: 8 })',
  })
}
