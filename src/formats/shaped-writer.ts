/**
 * Values for an edge: as `value-codec.ts` writes them, but objects without their names. The names stand once a frame, in
 * its table, and an object gives the number of its shape.
 *
 * Layout, where it differs:
 *   object 9: u16 shape, then the values in the order of its names
 *   open object 10: u16 shape and values of the first properties, then 1, name and value of each further one, then 0
 *   table: count of shapes, then count of names and names of each
 *
 * An open object is one whose names the shapes have no room for. What is data, and how deep, is as in `value-codec.ts`;
 * but equal values need not have equal bytes here: keyed state and snapshots keep to that codec.
 */
import type { ByteWriter } from '../bytes/writer.ts'
import { type Shape, ShapeTree } from './shape-tree.ts'
import { hasEnumerable, hasOwn, isBytes, isPlainObject, MAX_DEPTH, notData } from './value-check.ts'
import { ARRAY, BYTES, FALSE, NULL, NUMBER, OBJECT, STRING, TRUE, UNDEFINED, writeBigint } from './value-codec.ts'

export const OPEN_OBJECT = 10

export class ShapedWriter {
  readonly #shapes = new ShapeTree()
  #inherited = false

  /**
   * Appends a value.
   *
   * @throws ML_VALUE when the value is no data, naming the path; the writer is then as before
   */
  encode(value: unknown, writer: ByteWriter, where?: string): void {
    const start = writer.length
    this.#inherited = hasEnumerable(Object.prototype)
    if (this.#write(value, writer, 0)) return
    writer.truncate(start)
    throw notData(value, where)
  }

  /** Appends what a reader must know of the values encoded since the last table. */
  writeTable(writer: ByteWriter): void {
    this.#shapes.writeUsed(writer)
  }

  #write(value: unknown, writer: ByteWriter, depth: number): boolean {
    if (typeof value === 'number') {
      writer.u8(NUMBER)
      writer.f64(value)
    } else if (typeof value === 'string') {
      writer.u8(STRING)
      writer.string(value)
    } else if (typeof value === 'object') {
      if (value !== null) return this.#writeObject(value, writer, depth)
      writer.u8(NULL)
    } else if (typeof value === 'boolean') {
      writer.u8(value ? TRUE : FALSE)
    } else if (value === undefined) {
      writer.u8(UNDEFINED)
    } else if (typeof value === 'bigint') {
      writeBigint(value, writer)
    } else {
      return false
    }
    return true
  }

  #writeObject(value: object, writer: ByteWriter, depth: number): boolean {
    if (Array.isArray(value)) return depth < MAX_DEPTH && this.#writeArray(value, writer, depth + 1)
    if (isPlainObject(value)) return depth < MAX_DEPTH && this.#writeProperties(value, writer, depth + 1)
    if (!isBytes(value)) return false
    writer.u8(BYTES)
    writer.blob(value)
    return true
  }

  #writeArray(array: readonly unknown[], writer: ByteWriter, depth: number): boolean {
    writer.u8(ARRAY)
    writer.varint(array.length)
    for (let i = 0; i < array.length; i++) {
      const item = array[i]
      if (item === undefined && !(i in array)) return false
      if (!this.#write(item, writer, depth)) return false
    }
    return true
  }

  /** One pass: the shape is known when the values have been written, and its number is put before them. */
  #writeProperties(object: Record<string, unknown>, writer: ByteWriter, depth: number): boolean {
    const start = writer.length
    writer.u8(OBJECT)
    writer.u16(0)
    let shape = this.#shapes.root
    let open = false
    for (const name in object) {
      if (this.#inherited && !hasOwn.call(object, name)) continue
      const next: Shape | undefined = open ? undefined : this.#shapes.after(shape, name)
      if (next !== undefined) {
        shape = next
      } else {
        open = true
        writer.u8(1)
        writer.string(name)
      }
      if (!this.#write(object[name], writer, depth)) return false
    }
    if (open) {
      writer.u8(0)
      writer.patchU8(start, OPEN_OBJECT)
    }
    writer.patchU16(start + 1, this.#shapes.numberOf(shape))
    return true
  }
}
