import type { ByteReader } from '../bytes/reader.ts'
import { latin1Read } from '../bytes/utf8.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { isKey } from './key-bytes.ts'
import { checkKeyGroups } from './key-groups.ts'
import { KeyedCapture } from './keyed-capture.ts'

export interface KeyedValuesOptions {
  readonly keyGroups?: number
  /** Keys in all groups together; default: no bound. */
  readonly maxKeys?: number
  /** For errors: the operator. */
  readonly where: string
}

/**
 * One value per key, of whatever type: the state of user functions. Keys are the texts of `keyText`.
 *
 * Values are taken as immutable: changing one in place changes what open captures see. Use a slab table for numbers.
 *
 * Cost      a map lookup; memory some 100 bytes a key beside the value
 * Capture   O(1); while it is open, the first change of each key keeps its old value for it
 * Snapshot  v1: u32 magic "KVAL", u32 version, u32 count, then per key its bytes (length as LEB128 first) and the value
 *           as `encode` writes it; sorted by key bytes
 * @throws ML_RANGE when key groups or maxKeys make no sense
 */
export class KeyedValues<V> {
  readonly keyGroups: number
  readonly maxKeys: number
  private readonly where: string
  private readonly groups: Map<string, V>[] = []
  private readonly versions: number[] = []
  private readonly open = new Set<KeyedCapture<V>>()
  private keys = 0
  private epoch = 1

  constructor({ keyGroups = 128, maxKeys = Infinity, where }: KeyedValuesOptions) {
    checkKeyGroups(keyGroups)
    if (!(maxKeys >= 1)) throw new MillraceError('ML_RANGE', { what: 'maxKeys must be >= 1', got: maxKeys, where })
    this.keyGroups = keyGroups
    this.maxKeys = maxKeys
    this.where = where
    for (let group = 0; group < keyGroups; group++) {
      this.groups.push(new Map())
      this.versions.push(0)
    }
  }

  /** Keys held. */
  get size(): number {
    return this.keys
  }

  get(keyText: string, group: number): V | undefined {
    return this.groups[group].get(keyText)
  }

  has(keyText: string, group: number): boolean {
    return this.groups[group].has(keyText)
  }

  /** @throws ML_STATE_LIMIT for a new key when `maxKeys` are held; nothing has changed then */
  set(keyText: string, group: number, value: V): void {
    const map = this.groups[group]
    const known = map.has(keyText)
    if (!known && this.keys >= this.maxKeys) {
      const remedy = 'Raise maxKeys, or let keys expire'
      const what = `${this.keys} keys are held already`
      throw new MillraceError('ML_STATE_LIMIT', { what, where: this.where, remedy })
    }
    this.note(map, group, keyText)
    map.set(keyText, value)
    if (!known) this.keys++
  }

  /** Forgets the key; false when it was not held. */
  delete(keyText: string, group: number): boolean {
    const map = this.groups[group]
    if (!map.has(keyText)) return false
    this.note(map, group, keyText)
    map.delete(keyText)
    this.keys--
    return true
  }

  /** Visits a group's keys in the order of their bytes. */
  forEach(group: number, visit: (keyText: string, value: V) => void): void {
    const map = this.groups[group]
    for (const text of [...map.keys()].sort()) visit(text, map.get(text) as V)
  }

  /** True when the group changed after the last capture; before the first, after the start or its restore. */
  isDirty(group: number): boolean {
    return this.versions[group] === this.epoch
  }

  /** The values as they are now, to be written by `encode` while the table goes on. */
  capture(encode: (value: V, writer: ByteWriter) => void): KeyedCapture<V> {
    const capture = new KeyedCapture(this.groups, this.versions, encode, (gone) => this.open.delete(gone))
    this.open.add(capture)
    this.epoch++
    return capture
  }

  /**
   * Replaces a group by what a snapshot holds; when that throws the group is unchanged. More than `maxKeys` may be
   * held afterwards, when the bound was lowered: no key is lost, new ones are refused.
   * @throws ML_CORRUPT, ML_VERSION, and what `decode` throws
   */
  restoreGroup(group: number, reader: ByteReader, decode: (reader: ByteReader) => V): void {
    const map = readKeyedGroup(reader, decode)
    this.keys += map.size - this.groups[group].size
    // Open captures go on reading the map that they captured; it changes no more.
    this.groups[group] = map
    this.versions[group] = this.epoch === 1 ? 0 : this.epoch
  }

  private note(map: Map<string, V>, group: number, keyText: string): void {
    this.versions[group] = this.epoch
    for (const capture of this.open) capture.keep(map, group, keyText)
  }
}

function readKeyedGroup<V>(reader: ByteReader, decode: (reader: ByteReader) => V): Map<string, V> {
  if (reader.u32() !== KeyedCapture.magic) reader.fail('these are not the bytes of keyed values')
  const version = reader.u32()
  if (version !== KeyedCapture.version) {
    const what = `the bytes of keyed values have version ${version}, expected ${KeyedCapture.version}`
    const remedy = 'Restore with the version of Millrace that wrote it, or a later one'
    throw new MillraceError('ML_VERSION', { what, where: reader.place, remedy })
  }
  const map = new Map<string, V>()
  let last = ''
  for (let left = reader.u32(); left > 0; left--) {
    const bytes = reader.blob()
    if (!isKey(bytes, 0, bytes.length)) reader.fail('bytes are not those of a key')
    const text = latin1Read(bytes, 0, bytes.length)
    if (text <= last) reader.fail('keys are out of order')
    map.set(text, decode(reader))
    last = text
  }
  return map
}
