import type { EncodedKey } from './key.ts'

/** What a slab table is, plainly: a map per key group. Its bytes are built from the description of the format. */
export class SlabReference {
  private readonly width: number
  private readonly groups = new Map<number, Map<string, Entry>>()

  constructor(width: number) {
    this.width = width
  }

  get size(): number {
    let size = 0
    for (const group of this.groups.values()) size += group.size
    return size
  }

  row(key: EncodedKey): Float64Array | undefined {
    return this.groups.get(key.group)?.get(textOf(key))?.row
  }

  insert(key: EncodedKey): void {
    const group = this.groups.get(key.group) ?? new Map<string, Entry>()
    this.groups.set(key.group, group)
    const bytes = Array.from(key.bytes.subarray(0, key.length))
    if (!group.has(textOf(key))) group.set(textOf(key), { hash: key.hash, bytes, row: new Float64Array(this.width) })
  }

  remove(key: EncodedKey): boolean {
    return this.groups.get(key.group)?.delete(textOf(key)) ?? false
  }

  /** A frozen copy, which a capture of the optimised table must equal for ever. */
  copy(): SlabReference {
    const copy = new SlabReference(this.width)
    for (const [group, entries] of this.groups) {
      const copied = new Map<string, Entry>()
      for (const [text, { hash, bytes, row }] of entries) copied.set(text, { hash, bytes, row: row.slice() })
      copy.groups.set(group, copied)
    }
    return copy
  }

  sorted(group: number): Entry[] {
    const entries = [...(this.groups.get(group)?.values() ?? [])]
    return entries.sort((a, b) => (a.hash >>> 0) - (b.hash >>> 0) || compareBytes(a.bytes, b.bytes))
  }

  groupBytes(group: number): Uint8Array {
    const entries = this.sorted(group)
    const keys = entries.flatMap(({ bytes }) => [...leb128(bytes.length), ...bytes])
    const out = new Uint8Array(20 + keys.length + entries.length * this.width * 8)
    const view = new DataView(out.buffer)
    out.set([0x53, 0x4c, 0x41, 0x42]) // "SLAB"
    const header = [1, this.width, entries.length, keys.length]
    for (const [i, value] of header.entries()) view.setUint32(4 + 4 * i, value, true)
    out.set(keys, 20)
    let at = 20 + keys.length
    for (const { row } of entries) for (const value of row) view.setFloat64((at += 8) - 8, value, true)
    return out
  }
}

interface Entry {
  readonly hash: number
  readonly bytes: readonly number[]
  readonly row: Float64Array
}

function textOf(key: EncodedKey): string {
  return String.fromCharCode(...key.bytes.subarray(0, key.length))
}

function compareBytes(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] - b[i]
  return a.length - b.length
}

function leb128(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb128(value >>> 7)]
}
