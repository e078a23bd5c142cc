import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'

const absent = Symbol('absent')

interface Held<V> {
  /** The live map, as long as the table does not restore the group. */
  readonly map: Map<string, V>
  /** What keys had at the capture that have changed since. */
  readonly before: Map<string, V | typeof absent>
  readonly version: number
}

/** Keyed values as they were at one moment. Release it: until then every first change of a key is noted here. */
export class KeyedCapture<V> {
  static readonly magic = 0x4c41564b
  static readonly version = 1
  private readonly groups: (Held<V> | undefined)[]
  private readonly encode: (value: V, writer: ByteWriter) => void
  private readonly onRelease: (capture: KeyedCapture<V>) => void

  constructor(
    maps: readonly Map<string, V>[],
    versions: readonly number[],
    encode: (value: V, writer: ByteWriter) => void,
    onRelease: (capture: KeyedCapture<V>) => void,
  ) {
    this.groups = maps.map((map, group) => ({ map, before: new Map(), version: versions[group] }))
    this.encode = encode
    this.onRelease = onRelease
  }

  /** Appends the group's canonical bytes. */
  writeGroup(group: number, writer: ByteWriter): void {
    const entries = this.entries(this.held(group))
    writer.u32(KeyedCapture.magic)
    writer.u32(KeyedCapture.version)
    writer.u32(entries.size)
    for (const text of [...entries.keys()].sort()) {
      writer.latin1(text)
      this.encode(entries.get(text) as V, writer)
    }
  }

  /** Keys that the group held. */
  size(group: number): number {
    return this.entries(this.held(group)).size
  }

  /** The group's version at the capture: equal to that of an earlier capture when nothing changed in between. */
  version(group: number): number {
    return this.held(group).version
  }

  /** Called before a key of `map` changes. */
  keep(map: Map<string, V>, group: number, keyText: string): void {
    const held = this.groups[group]
    if (held === undefined || held.map !== map || held.before.has(keyText)) return
    held.before.set(keyText, map.has(keyText) ? (map.get(keyText) as V) : absent)
  }

  /** Lets go of a group whose bytes are written. */
  releaseGroup(group: number): void {
    this.groups[group] = undefined
  }

  /** Lets go of everything still held. */
  release(): void {
    this.groups.fill(undefined)
    this.onRelease(this)
  }

  private entries({ map, before }: Held<V>): Map<string, V> {
    if (before.size === 0) return map
    const entries = new Map(map)
    for (const [text, value] of before) {
      if (value === absent) entries.delete(text)
      else entries.set(text, value as V)
    }
    return entries
  }

  private held(group: number): Held<V> {
    const held = this.groups[group]
    if (held !== undefined) return held
    throw new MillraceError('ML_RANGE', { what: 'a captured key group is used before it is released', got: group })
  }
}
