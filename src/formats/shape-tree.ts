/**
 * The shapes of objects as a writer meets them: each is a list of property names in order.
 *
 * A shape is a node of a tree, one step for each name, so that an object finds its shape while its values are written,
 * and two kinds of objects in turns cost no more than one. Bounded: names that vary with the data (words that are
 * counted, say) would make a shape for each object. When the tree is full, or a list long, what it does not hold has no
 * shape. A full tree starts afresh with the next frame, a few times; then it stays as it is.
 */
import type { ByteWriter } from '../bytes/writer.ts'

const MOST_SHAPES = 1024
/** Names in one shape. */
const MOST_NAMES = 64
const MOST_RENEWALS = 16

export class Shape {
  readonly parent: Shape | undefined
  readonly name: string
  readonly length: number
  /** The step first taken from here: most objects take it again. */
  nextName: string | undefined
  next: Shape | undefined
  others: Map<string, Shape> | undefined
  /** Frame in which it has its number. */
  frame = -1
  number = 0

  constructor(parent: Shape | undefined, name: string) {
    this.parent = parent
    this.name = name
    this.length = parent === undefined ? 0 : parent.length + 1
  }
}

export class ShapeTree {
  /** The shape without names. */
  root = new Shape(undefined, '')
  #size = 0
  #renewals = 0
  #frame = 0
  readonly #used: Shape[] = []

  /** The shape with one name more; undefined when there is no room for it. */
  after(shape: Shape, name: string): Shape | undefined {
    if (shape.nextName === name) return shape.next
    const known = shape.others?.get(name)
    if (known !== undefined) return known
    if (this.#size === MOST_SHAPES || shape.length === MOST_NAMES) return undefined
    this.#size++
    const made = new Shape(shape, name)
    if (shape.next === undefined) {
      shape.nextName = name
      shape.next = made
    } else {
      shape.others ??= new Map()
      shape.others.set(name, made)
    }
    return made
  }

  /** The shape's number in the frame under way. */
  numberOf(shape: Shape): number {
    if (shape.frame !== this.#frame) {
      shape.frame = this.#frame
      shape.number = this.#used.push(shape) - 1
    }
    return shape.number
  }

  /** Ends the frame: appends count, then count and names of each shape used in it. */
  writeUsed(writer: ByteWriter): void {
    writer.varint(this.#used.length)
    for (const shape of this.#used) {
      const names: string[] = []
      for (let at = shape; at.parent !== undefined; at = at.parent) names.push(at.name)
      writer.varint(names.length)
      for (let i = names.length - 1; i >= 0; i--) writer.string(names[i])
    }
    this.#used.length = 0
    this.#frame++
    if (this.#size === MOST_SHAPES && this.#renewals < MOST_RENEWALS) {
      this.#renewals++
      this.#size = 0
      this.root = new Shape(undefined, '')
    }
  }
}
