import type { ErrorCode } from '../errors.ts'
import { JsonFields } from './json-fields.ts'
import { JsonLabels } from './json-labels.ts'
import { BAD, JsonScanner, shown } from './json-scanner.ts'
import { type RecordConstructor, recordConstructor } from './record-constructor.ts'
import type { FieldSpec } from './schema.ts'

/**
 * Reads records from lines of JSON, guided by a schema: straight from bytes to the values of the fields, with no object
 * for the line in between.
 *
 * Lines of one stream name their properties in much the same order. After each name the one that followed it last time
 * is expected, and recognised by comparing bytes; any other is read, looked up and expected next time. Names that no
 * field has are learned too, and their values stepped over. Every byte of the line is checked all the same.
 */
export class JsonRecord<T> {
  /** After `read` succeeded. */
  record!: T
  /** After `read` failed. */
  code: ErrorCode = 'ML_MALFORMED'
  reason = ''
  private readonly scanner: JsonScanner
  private readonly specs: readonly FieldSpec[]
  private readonly fields: JsonFields
  private readonly construct: RecordConstructor<T>

  /** By name: its id. Those of the fields come first, then at most `MAX_STRANGERS` learned ones. */
  private readonly ids = new Map<string, number>()
  private readonly labels = new JsonLabels()
  /** The id of all names that were not learned, and those of this line. */
  private readonly nameless: number
  private readonly others = new Set<string>()
  /** By id + 1, or 0 for the start: the id that followed last time, or -1. */
  private readonly followers: Int32Array
  /** By id: the stamp of the last line that had the name. */
  private readonly seen: Int32Array
  private stamp = 0

  /** @param whole what the text is called in reasons: a line of a file, or the value of a message */
  constructor(specs: readonly FieldSpec[], whole: 'line' | 'value' = 'line') {
    this.specs = specs
    this.scanner = new JsonScanner(whole)
    this.fields = new JsonFields(specs, this.scanner)
    this.construct = recordConstructor<T>(specs.map((spec) => spec.name))
    this.nameless = specs.length + MAX_STRANGERS
    this.seen = new Int32Array(this.nameless + 1)
    this.followers = new Int32Array(this.nameless + 2).fill(-1)
    for (const { name } of specs) this.learn(name)
    for (let id = 0; id < specs.length; id++) this.followers[id] = id
  }

  /**
   * Reads the line at `from`, which a line feed ends. Returns that line feed's offset, or BAD; `code` and `reason` then
   * say why. `view` spans the same buffer as `bytes`.
   */
  read(bytes: Uint8Array, view: DataView, from: number): number {
    const at = this.object(bytes, view, from)
    if (at < 0) return this.explain(from, 'column')
    this.record = this.construct(this.fields.values)
    return at
  }

  /** As `read`, without making a record of the `values`. */
  readValues(bytes: Uint8Array, view: DataView, from: number): number {
    const at = this.object(bytes, view, from)
    return at < 0 ? this.explain(from, 'byte') : at
  }

  /** After `readValues`: the values of the fields in their order; whoever reads may add his own behind them. */
  get values(): unknown[] {
    return this.fields.values
  }

  private explain(from: number, unit: 'column' | 'byte'): typeof BAD {
    const { code, problem, at } = this.scanner
    this.code = code
    this.reason = at < 0 ? problem : `${problem}, at ${unit} ${at - from + 1}`
    return BAD
  }

  private object(bytes: Uint8Array, view: DataView, from: number): number {
    const { scanner, fields, seen, followers, labels } = this
    const stamp = this.nextStamp()
    const count = this.specs.length
    let missing = count
    let at = bytes[from] === OPEN ? from : scanner.blanks(bytes, from)
    if (bytes[at] !== OPEN) return scanner.fail(`the ${scanner.whole} is not a JSON object`, at)
    at = bytes[at + 1] === QUOTE ? at + 1 : scanner.blanks(bytes, at + 1)
    let previous = 0
    let byte = bytes[at]
    while (byte !== CLOSE) {
      const label = at
      let id = followers[previous]
      at = id < 0 ? BAD : labels.skip(view, bytes.length, label, id)
      if (at < 0) {
        id = this.name(bytes, label)
        if (id < 0) return BAD
        at = this.valueAt
        if (id !== this.nameless) followers[previous] = id
      } else if (bytes[at] <= 32) {
        at = scanner.blanks(bytes, at)
      }
      if (seen[id] === stamp) return scanner.duplicate(this.nameOf(id), label)
      if (id !== this.nameless) seen[id] = stamp
      if (id < count) {
        missing--
        at = fields.read(id, bytes, at)
      } else {
        at = scanner.value(bytes, at, 1)
      }
      if (at < 0) return BAD
      previous = id + 1
      byte = bytes[at]
      if (byte !== COMMA && byte !== CLOSE) {
        at = scanner.blanks(bytes, at)
        byte = bytes[at]
      }
      if (byte === COMMA) {
        at++
        if (bytes[at] !== QUOTE) at = scanner.blanks(bytes, at)
        byte = 0 // a } here would follow a comma
      } else if (byte !== CLOSE) {
        return scanner.unexpected(bytes, at, 'a comma or }')
      }
    }
    at++
    if (bytes[at] !== LF) {
      at = scanner.blanks(bytes, at)
      if (bytes[at] !== LF) return scanner.fail('there is text after the object', at)
    }
    return missing === 0 || this.fillMissing(stamp) ? at : BAD
  }

  /** After `name`: where the value starts. */
  private valueAt = 0

  /** Reads any name; returns its id, that of no label for names without one, or BAD. */
  private name(bytes: Uint8Array, at: number): number {
    const { scanner } = this
    this.valueAt = scanner.name(bytes, at)
    if (this.valueAt < 0) return BAD
    const name = scanner.text(bytes, at, scanner.nameEnd)
    const id = this.ids.get(name)
    if (id !== undefined) return id
    if (this.labels.size < this.nameless && name !== '') return this.learn(name)
    if (this.others.has(name)) return scanner.duplicate(name, at)
    this.others.add(name)
    return this.nameless
  }

  private learn(name: string): number {
    const id = this.labels.add(name)
    this.ids.set(name, id)
    return id
  }

  private nameOf(id: number): string {
    for (const [name, known] of this.ids) if (known === id) return name
    return ''
  }

  private nextStamp(): number {
    if (this.others.size > 0) this.others.clear()
    if (this.stamp === 0x7fffffff) {
      this.stamp = 0
      this.seen.fill(0)
    }
    return ++this.stamp
  }

  private fillMissing(stamp: number): boolean {
    for (let id = 0; id < this.specs.length; id++) {
      if (this.seen[id] === stamp) continue
      const { name, nullable } = this.specs[id]
      if (!nullable) {
        this.scanner.fail(`field ${shown(name)} is missing`, -1, 'ML_FIELD')
        return false
      }
      this.fields.values[id] = null
    }
    return true
  }
}

/** Names outside the schema that are recognised by their bytes; further ones are read each time. */
const MAX_STRANGERS = 64

const QUOTE = 34
const OPEN = 123
const CLOSE = 125
const COMMA = 44
const LF = 10
