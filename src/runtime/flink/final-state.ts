/**
 * Reads what a job on Flink leaves behind at the end of its input: the state of every operator by key group, the positions
 * of its splits, its ledgers. The host writes it as parts of a sink, so that it comes exactly once; the layout is that of
 * FinalState.java, big-endian.
 */
import { MillraceError } from '../../errors.ts'
import { addCounts, type Counts } from '../../operators/counts.ts'
import type { JsonObject } from '../../stage/json.ts'
import type { Plan } from '../../stage/plan.ts'

export interface FinalState {
  /** The plan of the job, without secrets. */
  readonly plan: Plan | undefined
  /** Sorted by uid, then key group. */
  readonly groups: readonly { readonly uid: string; readonly group: number; readonly bytes: Uint8Array }[]
  /** Split states by source and split. */
  readonly splits: { readonly [uid: string]: { readonly [split: string]: JsonObject } }
  readonly ledgers: {
    readonly sources: { readonly [uid: string]: Counts }
    readonly operators: { readonly [uid: string]: Counts }
  }
}

/**
 * @param parts the bytes of each part, in order
 * @throws ML_CORRUPT for bytes that are no entries
 */
export function readFinalState(parts: readonly Uint8Array[], where: string): FinalState {
  const groups = new Map<string, FinalState['groups'][number]>()
  const splits: { [uid: string]: { [split: string]: JsonObject } } = {}
  let plan: Plan | undefined
  const operatorLedgers = new Map<string, { readonly uid: string; readonly counts: Counts }>()
  // Entries of a task that was restored behind its end come again, the same: the last one stands for all.
  for (const part of parts) {
    for (const { kind, uid, field, bytes } of entries(part, where)) {
      if (kind === 'G') groups.set(`${uid}/${field}`, { uid, group: Number(field), bytes })
      else if (kind === 'S') (splits[uid] ??= {})[String(field)] = jsonOf(bytes)
      else if (kind === 'P') plan = jsonOf(bytes) as unknown as Plan
      else operatorLedgers.set(`${uid}/${field}`, { uid, counts: jsonOf(bytes) as unknown as Counts })
    }
  }
  const operators: { [uid: string]: Counts } = {}
  for (const { uid, counts } of operatorLedgers.values()) operators[uid] = addCounts(operators[uid], counts)
  const sources: { [uid: string]: Counts } = {}
  for (const [uid, states] of Object.entries(splits)) {
    for (const state of Object.values(states)) sources[uid] = addCounts(sources[uid], state.ledger as unknown as Counts)
  }
  const byPlace = (a: { uid: string; group: number }, b: { uid: string; group: number }) =>
    a.uid === b.uid ? a.group - b.group : a.uid < b.uid ? -1 : 1
  return { plan, groups: [...groups.values()].sort(byPlace), splits, ledgers: { sources, operators } }
}

interface Entry {
  readonly kind: string
  readonly uid: string
  /** Key group or subtask; of a split its id. */
  readonly field: number | string
  readonly bytes: Uint8Array
}

function* entries(part: Uint8Array, where: string): Generator<Entry> {
  const view = new DataView(part.buffer, part.byteOffset, part.byteLength)
  let at = 0
  const take = (length: number): number => {
    const start = at
    if (length < 0 || length > part.length - at)
      throw damaged(`${length} bytes are needed, ${part.length - at} are left`)
    at += length
    return start
  }
  const damaged = (what: string) => new MillraceError('ML_CORRUPT', { what, where: `${where}, offset ${at}` })
  const int = () => view.getInt32(take(4))
  const blob = () => {
    const length = int()
    const start = take(length)
    return part.subarray(start, start + length)
  }
  const text = () => Buffer.from(blob()).toString()
  while (at < part.length) {
    const kind = String.fromCharCode(part[take(1)])
    if (!'GSLP'.includes(kind)) throw damaged('an entry has a kind that this version does not know')
    const uid = text()
    const field = kind === 'S' ? text() : int()
    yield { kind, uid, field, bytes: blob() }
  }
}

function jsonOf(bytes: Uint8Array): JsonObject {
  return JSON.parse(Buffer.from(bytes).toString()) as JsonObject
}
