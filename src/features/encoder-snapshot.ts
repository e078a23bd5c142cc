/**
 * The bytes of an encoder, version 1. Counts are LEB128, texts length-prefixed UTF-8:
 *
 *     u8 version
 *     count numeric inputs: name
 *     count dictionaries of texts: key of the source; count texts, in order of their ids
 *     count categorical inputs: key, reserved slots, overflowed, count names of hashed slots: place, name
 *     count given slots, in order: index of the input; 0 for its shared slot, or 1 and the codes of its sources
 *
 * Features are found again by name and kind, so that an edited list keeps the slots of those that stay.
 */
import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { DictionarySlots, OTHER } from './category-slots.ts'
import { type CategoryTable, inputKey, sourceKey } from './category-table.ts'
import { categoriesOf, type FeatureSpec, reservedSlots } from './feature-spec.ts'
import { HashedNames } from './hashed-names.ts'
import type { SlotMap } from './slot-map.ts'

const VERSION = 1

export function writeEncoder(spec: FeatureSpec, table: CategoryTable, writer: ByteWriter): void {
  writer.u8(VERSION)
  writer.varint(spec.numeric.length)
  for (const { name } of spec.numeric) writer.string(name)
  writer.varint(table.indexes.filter((index) => index !== undefined).length)
  table.indexes.forEach((index, i) => {
    if (index === undefined) return
    writer.string(sourceKey(table.sources[i]))
    writer.varint(index.texts.length)
    for (const text of index.texts) writer.string(text)
  })
  writer.varint(table.inputs.length)
  for (const input of table.inputs) {
    writer.string(inputKey(input.input))
    writer.varint(reservedSlots(input.input))
    writer.varint(input.overflowed)
    const names = input instanceof HashedNames ? [...(input.names ?? [])] : []
    writer.varint(names.length)
    for (const [place, name] of names.sort(([a], [b]) => a - b)) {
      writer.varint(place)
      writer.string(name)
    }
  }
  writer.varint(table.owners.length)
  table.owners.forEach((owner, i) => {
    const entry = table.entries[i]
    writer.varint(table.inputs.indexOf(owner))
    writer.u8(entry === OTHER ? 0 : 1)
    for (let part = 0; entry !== OTHER && part < owner.arity; part++) writer.varint(owner.codeAt(entry, part))
  })
}

/** Fills a new table and tells where the slots of the snapshot went. */
export function readEncoder(spec: FeatureSpec, table: CategoryTable, reader: ByteReader): SlotMap {
  const version = reader.u8()
  if (version > VERSION) {
    const remedy = 'Use the version of Millrace that wrote it, or a newer one'
    throw new MillraceError('ML_VERSION', { what: `encoder snapshot: got v${version}, expected v${VERSION}`, remedy })
  }
  if (version !== VERSION) reader.fail('not an encoder snapshot', version)
  const numeric = readNames(reader)
  readTexts(table, reader)
  const old = readInputs(table, reader)
  const slots: number[] = numeric.map((name) => spec.numeric.findIndex((input) => input.name === name))
  for (const { input, reserved } of old) {
    const base = input === undefined || input instanceof DictionarySlots ? -1 : input.base
    for (let i = 0; i < reserved; i++) slots.push(base < 0 ? -1 : base + i)
  }
  const given = reader.varint()
  for (let i = 0; i < given; i++) slots.push(readGiven(old, reader))
  const kept = old.every(({ input }, i) => input !== undefined && table.inputs[i] === input)
  const same = kept && old.length === table.inputs.length && numeric.length === spec.numeric.length
  const identity = same && slots.every((to, from) => to === from)
  return { dense: numeric.length, slots: Int32Array.from(slots), identity }
}

/** No list of features reserves more: damaged bytes must not make us allocate without end. */
const MAX_RESERVED = 1 << 26

/** An input as the snapshot had it, and what it is now. */
interface OldInput {
  readonly key: string
  readonly reserved: number
  readonly arity: number
  readonly input: CategoryTable['inputs'][number] | undefined
}

function readNames(reader: ByteReader): string[] {
  const names: string[] = []
  for (let left = reader.varint(); left > 0; left--) names.push(reader.string())
  if (new Set(names).size !== names.length) reader.fail('a feature is listed twice')
  return names
}

function readTexts(table: CategoryTable, reader: ByteReader): void {
  const keys = table.sources.map(sourceKey)
  for (let left = reader.varint(); left > 0; left--) {
    const index = table.indexes[keys.indexOf(reader.string())]
    if (index !== undefined && index.texts.length > 0) reader.fail('a dictionary is listed twice')
    for (let texts = reader.varint(); texts > 0; texts--) {
      const text = reader.string()
      if (index === undefined) continue
      if (index.find(text) >= 0) reader.fail('a category is listed twice', text)
      index.add(text)
    }
  }
}

function readInputs(table: CategoryTable, reader: ByteReader): OldInput[] {
  const keys = table.inputs.map(({ input }) => inputKey(input))
  const old: OldInput[] = []
  let total = 0
  for (let left = reader.varint(); left > 0; left--) {
    const key = reader.string()
    if (old.some((other) => other.key === key)) reader.fail('a feature is listed twice', key)
    const input = table.inputs[keys.indexOf(key)]
    const reserved = reader.varint()
    if (input !== undefined && reserved !== reservedSlots(input.input))
      reader.fail('a feature has a wrong number of slots', key)
    total += reserved
    if (total > MAX_RESERVED) reader.fail('a feature has a wrong number of slots', key)
    const overflowed = reader.varint()
    if (input !== undefined) input.overflowed = overflowed
    for (let names = reader.varint(); names > 0; names--) {
      const place = reader.varint()
      const name = reader.string()
      if (place >= reserved) reader.fail('a slot is out of range', place)
      if (input instanceof HashedNames) input.names?.set(place, name)
    }
    old.push({ key, reserved, arity: arityOf(key, reader), input })
  }
  return old
}

/** The number of sources, which the key lists. */
function arityOf(key: string, reader: ByteReader): number {
  try {
    const arity: unknown = JSON.parse(key)[1].length
    if (Number.isSafeInteger(arity)) return arity as number
  } catch {
    // Refused below.
  }
  return reader.fail('the key of a feature is not readable', key)
}

/** Gives one slot again; -1 when its feature is gone. */
function readGiven(old: readonly OldInput[], reader: ByteReader): number {
  const owner = old[reader.varint()]
  if (owner === undefined) return reader.fail('a slot belongs to no feature')
  const { input, arity } = owner
  const kind = reader.u8()
  if (kind > 1) reader.fail('a slot is of no known kind', kind)
  const dictionary = input instanceof DictionarySlots ? input : undefined
  if (kind === 0) {
    if (dictionary?.hasOther) reader.fail('a category has two slots')
    return dictionary?.giveOther() ?? -1
  }
  const tuple = new Int32Array(arity)
  for (let i = 0; i < arity; i++) {
    const code = reader.varint()
    if (dictionary !== undefined) {
      const limit = dictionary.indexes[i]?.texts.length ?? categoriesOf(dictionary.input.of[i]) ?? 0
      if (code >= limit) reader.fail('a category is out of range', code)
    }
    tuple[i] = code
  }
  if (dictionary === undefined) return -1
  if (dictionary.has(tuple)) reader.fail('a category has two slots')
  return dictionary.give(tuple)
}
