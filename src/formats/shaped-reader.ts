/**
 * Reads what `ShapedWriter` wrote: first a frame's table, then its values.
 *
 * A shape that is met often gets a constructor of its own where code generation is allowed, so its objects share one
 * hidden class; and each of its properties remembers the strings it has read, as long as they repeat. Shapes are
 * remembered from frame to frame. All of it is bounded, and changes nothing in what is read.
 */
import type { ByteReader } from '../bytes/reader.ts'
import { OPEN_OBJECT } from './shaped-writer.ts'
import { StringCache } from './string-cache.ts'
import {
  ARRAY,
  BIGINT,
  BYTES,
  containerDepth,
  defineProperty,
  FALSE,
  NULL,
  NUMBER,
  OBJECT,
  readBigint,
  STRING,
  TRUE,
  UNDEFINED,
} from './value-codec.ts'

type ReadObject = (reader: ByteReader, depth: number) => Record<string, unknown>

/** A shape and how its objects are read. */
export interface ReadShape {
  readonly names: readonly string[]
  uses: number
  read: ReadObject
}

/** Shapes remembered; beyond it they are forgotten and met anew. */
const MOST_SHAPES = 1024
/** Objects of a shape before code is made for it. */
const USES_BEFORE_CODE = 32
/** Longer shapes are read by a loop. */
const LONGEST_CODE = 64
/** Properties that remember strings, and strings each of them remembers: 20 KB a property. */
const MOST_COLUMNS = 64
const COLUMN_STRINGS = 1024

export class ShapedReader {
  readonly #known = new Map<string, ReadShape>()
  readonly #generate: boolean
  #columns = 0
  #shapes: readonly ReadShape[] = []

  /** @param generate false keeps to the loop even where code generation is allowed; equal results */
  constructor(generate = true) {
    this.#generate = generate
  }

  /** The shapes of a frame. @throws ML_CORRUPT */
  readTable(reader: ByteReader): readonly ReadShape[] {
    const shapes: ReadShape[] = []
    const count = reader.varint()
    if (count > reader.remaining) reader.fail('a table has more shapes than bytes', count)
    for (let i = 0; i < count; i++) {
      const names: string[] = []
      const length = reader.varint()
      if (length > reader.remaining) reader.fail('a shape has more names than bytes', length)
      for (let k = 0; k < length; k++) names.push(reader.string())
      if (new Set(names).size < length) reader.fail('a shape has one name twice')
      shapes.push(this.#shapeOf(names))
    }
    return shapes
  }

  /**
   * Reads one value.
   *
   * @param shapes of its frame
   * @throws ML_CORRUPT when the bytes are not what `ShapedWriter` writes
   */
  decode(reader: ByteReader, shapes: readonly ReadShape[]): unknown {
    this.#shapes = shapes
    return this.#read(reader, 0)
  }

  #shapeOf(names: readonly string[]): ReadShape {
    const key = JSON.stringify(names)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    if (this.#known.size === MOST_SHAPES) {
      this.#known.clear()
      this.#columns = 0
    }
    const shape: ReadShape = { names, uses: 0, read: (reader, depth) => this.#readSlowly(shape, reader, depth) }
    this.#known.set(key, shape)
    return shape
  }

  /** By a loop; and sees when it is time for code. */
  #readSlowly(shape: ReadShape, reader: ByteReader, depth: number): Record<string, unknown> {
    const { names } = shape
    const object: Record<string, unknown> = {}
    for (const name of names) put(object, name, this.#read(reader, depth))
    if (++shape.uses === USES_BEFORE_CODE && this.#generate && names.length <= LONGEST_CODE) {
      shape.read = this.#generated(names) ?? shape.read
    }
    return object
  }

  /** A literal whose values are read in their order; the two tags that most of them have cost no call. */
  #generated(names: readonly string[]): ReadObject | undefined {
    const rest = (reader: ByteReader, tag: number, depth: number): unknown => this.#readTagged(reader, tag, depth)
    const columns = names.map(() => (this.#columns++ < MOST_COLUMNS ? new StringCache(COLUMN_STRINGS) : undefined))
    const properties = names.map(
      (name, i) =>
        `${name === '__proto__' ? '["__proto__"]' : JSON.stringify(name)}: ` +
        `(t = reader.u8()) === ${NUMBER} ? reader.f64() : t === ${STRING} ? reader.string(c${i}) : rest(reader, t, depth)`,
    )
    try {
      return new Function(
        'rest',
        ...names.map((_name, i) => `c${i}`),
        `'use strict'; return (reader, depth) => { let t; return { ${properties.join(', ')} } }`,
      )(rest, ...columns)
    } catch {
      return undefined
    }
  }

  #read(reader: ByteReader, depth: number): unknown {
    const tag = reader.u8()
    if (tag === NUMBER) return reader.f64()
    if (tag === STRING) return reader.string()
    return this.#readTagged(reader, tag, depth)
  }

  #readTagged(reader: ByteReader, tag: number, depth: number): unknown {
    switch (tag) {
      case OBJECT:
        return this.#readObject(reader, containerDepth(reader, depth))
      case NULL:
        return null
      case UNDEFINED:
        return undefined
      case FALSE:
        return false
      case TRUE:
        return true
      case BIGINT:
        return readBigint(reader)
      case BYTES:
        return reader.blob().slice()
      case ARRAY:
        return this.#readArray(reader, containerDepth(reader, depth))
      case OPEN_OBJECT:
        return this.#readOpenObject(reader, containerDepth(reader, depth))
      default:
        return reader.fail('an unknown tag of a value', tag)
    }
  }

  #readArray(reader: ByteReader, depth: number): unknown[] {
    const count = reader.varint()
    if (count > reader.remaining) reader.fail('an array is longer than its bytes', count)
    const array: unknown[] = []
    for (let i = 0; i < count; i++) array.push(this.#read(reader, depth))
    return array
  }

  #readObject(reader: ByteReader, depth: number): Record<string, unknown> {
    const number = reader.u16()
    if (number >= this.#shapes.length) reader.fail('an object has a shape that its frame does not know', number)
    return this.#shapes[number].read(reader, depth)
  }

  #readOpenObject(reader: ByteReader, depth: number): Record<string, unknown> {
    const object = this.#readObject(reader, depth)
    for (let more = reader.u8(); more !== 0; more = reader.u8()) {
      if (more !== 1) reader.fail('an open object goes on with 1 or ends with 0', more)
      const name = reader.string()
      put(object, name, this.#read(reader, depth))
    }
    return object
  }
}

/** Defines an own property where assignment would reach a setter (`__proto__`) or a read-only name of a frozen prototype. */
function put(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name in Object.prototype) defineProperty(object, name, value)
  else object[name] = value
}
