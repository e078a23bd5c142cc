/**
 * Moves a model where features or transformers were edited.
 *
 * What a model of the older self looked like follows from its transformers and from the map of its slots: an input that
 * is still there has its name, one that is gone needs none. Then everything is found again by what it was made of:
 * states of a transformer with the same options by their input, weights by their output, slots by the map.
 */
import { MillraceError } from '../../errors.ts'
import type { TransformerSpec } from '../../features/feature-spec.ts'
import type { SlotMap } from '../../features/slot-map.ts'
import type { Learner } from '../learner.ts'
import { Chain } from './chain.ts'
import type { Stream } from './transformer.ts'
import { transformerKind } from './transformers.ts'

interface OldModel {
  readonly chain: Chain
  readonly page: Float64Array
  readonly offset: number
}

interface NewModel extends OldModel {
  readonly slots: number
}

const SEPARATOR = ' of ['

export function composedLayout(inner: string, { transformers }: Chain): string {
  return transformers.length === 0 ? inner : `${inner} of ${JSON.stringify(transformers)}`
}

/** How a model of this layout is moved to a learner behind other transformers; undefined where the learner is another. */
export function moveFromLayout(layout: string, learner: Learner, now: Chain): Learner['move'] | undefined {
  const end = layout.indexOf(SEPARATOR)
  if ((end < 0 ? layout : layout.slice(0, end)) !== learner.layout) return undefined
  const transformers = end < 0 ? [] : transformersOf(layout.slice(end + SEPARATOR.length - 1))
  if (transformers === undefined) return undefined
  return (from, fromOffset, map, to, toOffset, toSlots) => {
    const old = { chain: formerChain(now, map, transformers), page: from, offset: fromOffset }
    moveComposed(old, map, learner, { chain: now, page: to, offset: toOffset, slots: toSlots })
  }
}

/** Undefined where this version does not know them. */
function transformersOf(text: string): readonly TransformerSpec[] | undefined {
  try {
    const transformers = JSON.parse(text) as readonly TransformerSpec[]
    for (const transformer of transformers) transformerKind(transformer)
    return transformers
  } catch {
    return undefined
  }
}

/** The chain of an older self, whose numeric inputs went where the map says. */
export function formerChain(now: Chain, { dense, slots }: SlotMap, transformers: readonly TransformerSpec[]): Chain {
  const numeric = Array.from({ length: dense }, (_, slot) => {
    const next = slots[slot]
    return next < 0 ? { name: `\0${slot}`, nullable: true, max: 1e15 } : now.features.numeric[next]
  })
  return new Chain({ version: 1, numeric, categorical: [] }, transformers)
}

/** @throws ML_CORRUPT where the old row cannot be one */
export function moveComposed(old: OldModel, map: SlotMap, learner: Learner, now: NewModel): void {
  const had = givenOf(old, map)
  const has = now.chain.given(now.slots)
  const learnerAt = now.offset + now.chain.learnerAt(has)
  now.page.fill(0, now.offset, learnerAt)
  if (now.chain.transformers.length > 0) now.page[now.offset] = has
  const keys = old.chain.transformers.map((transformer) => JSON.stringify(transformer))
  for (const [i, transformer] of now.chain.transformers.entries()) {
    const before = keys.indexOf(JSON.stringify(transformer))
    if (before < 0) continue
    keys[before] = ''
    moveState(old, before, had, map, now, i, has)
  }
  learner.move(
    old.page,
    old.offset + old.chain.learnerAt(had),
    outputMap(old.chain, map, now.chain),
    now.page,
    learnerAt,
    now.slots + now.chain.shift,
  )
}

/** Where the slots went that the learner saw. */
export function outputMap(old: Chain, map: SlotMap, now: Chain): SlotMap {
  const dense = old.outputs.length
  const slots = new Int32Array(map.slots.length - map.dense + dense)
  for (const [j, target] of placesOf(old.outputs, now.outputs).entries()) slots[j] = target
  for (let slot = map.dense; slot < map.slots.length; slot++) {
    const next = map.slots[slot]
    slots[dense + slot - map.dense] = next < 0 ? -1 : next + now.shift
  }
  const same = map.identity && dense === now.outputs.length && slots.every((to, from) => to === from)
  return { dense, slots, identity: same }
}

function moveState(
  old: OldModel,
  before: number,
  had: number,
  map: SlotMap,
  now: NewModel,
  after: number,
  has: number,
): void {
  const { header, inputDoubles, slotDoubles } = now.chain.shapes[after]
  const source = old.offset + old.chain.starts[before]
  const target = now.offset + now.chain.starts[after]
  copy(old.page, source, now.page, target, header)
  for (const [j, next] of placesOf(old.chain.streams[before], now.chain.streams[after]).entries()) {
    if (next < 0) continue
    copy(old.page, source + header + inputDoubles * j, now.page, target + header + inputDoubles * next, inputDoubles)
  }
  if (slotDoubles === 0) return
  const [slots, newSlots] = [old.offset + old.chain.slotsAt(before, had), now.offset + now.chain.slotsAt(after, has)]
  // Given slots come last.
  const first = map.slots.length - had
  for (let given = 0; given < had; given++) {
    const next = map.slots[first + given] - now.chain.firstGiven
    if (next < 0) continue
    copy(old.page, slots + slotDoubles * given, now.page, newSlots + slotDoubles * next, slotDoubles)
  }
}

/** For each old input its new place, by what it is made of; -1 of none. */
function placesOf(old: readonly Stream[], now: readonly Stream[]): number[] {
  const places = new Map(now.map(({ key }, j) => [key, j]))
  return old.map(({ key }) => places.get(key) ?? -1)
}

function givenOf({ chain, page, offset }: OldModel, map: SlotMap): number {
  if (chain.transformers.length === 0) return 0
  const given = page[offset]
  if (Number.isInteger(given) && given >= 0 && given <= map.slots.length) return given
  throw new MillraceError('ML_CORRUPT', {
    what: 'a model has room for no number of slots',
    got: given,
    where: 'compose',
  })
}

function copy(from: Float64Array, at: number, to: Float64Array, target: number, doubles: number): void {
  for (let i = 0; i < doubles; i++) to[target + i] = from[at + i]
}
