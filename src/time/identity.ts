/**
 * The identity of a record: what orders it among all others, whatever engine or parallelism carried it.
 *
 * A source gives it; what an operator emits inherits it. Records are compared by time, then by the rank of the
 * input they arrive on (the order buffer's concern), then by origin, split, position and path.
 */
export interface Identity {
  /** Event time in milliseconds since the epoch, or the row number where no source declares an event time. */
  readonly time: number
  /** Uid of the source, or `~uid` of the operator whose timer emitted the record: '~' sorts after every legal uid. */
  readonly origin: string
  /** The split of the source, or the canonical key (latin-1 text of its bytes) of the timer. */
  readonly split: string
  /** Position in the split: byte offset or row; for a timer its sequence among the operator's emissions at this time. */
  readonly position: number
  /** Which output of the record this is: `ROOT_PATH`, or the ordinals of nested one-to-many emissions. */
  readonly path: number | readonly number[]
}

/** Where records come from. */
export type Place = Pick<Identity, 'origin' | 'split'>

/** A value with its identity: what travels between stages inside one thread. */
export interface Envelope<V = unknown> extends Identity {
  readonly value: V
}

/** A value with an identity of its own: what it is made of may change. */
export function envelopeOf<V>({ time, origin, split, position, path }: Identity, value: V): Envelope<V> {
  return { time, origin, split, position, path, value }
}

/** The path of a record as its source or timer gave it. */
export const ROOT_PATH = -1
/** Earlier than every legal time; the watermark before any record. */
export const MIN_TIME = -Number.MAX_SAFE_INTEGER
/** Later than every legal time; the watermark after the end of a bounded source. */
export const MAX_TIME = Number.MAX_SAFE_INTEGER

/** The order among records of equal time. */
export function compareOrigin(a: Identity, b: Identity): number {
  if (a.origin !== b.origin) return a.origin < b.origin ? -1 : 1
  if (a.split !== b.split) return a.split < b.split ? -1 : 1
  if (a.position !== b.position) return a.position - b.position
  return comparePath(a.path, b.path)
}

/** The order of two paths. */
export function comparePath(a: number | readonly number[], b: number | readonly number[]): number {
  return a === b ? 0 : compareOrdinals(a, b)
}

function compareOrdinals(a: number | readonly number[], b: number | readonly number[]): number {
  const left = typeof a === 'number' ? [a] : a
  const right = typeof b === 'number' ? [b] : b
  const shared = Math.min(left.length, right.length)
  for (let i = 0; i < shared; i++) if (left[i] !== right[i]) return left[i] - right[i]
  return left.length - right.length
}

/** The path of the `ordinal`-th output of a record that itself has `path`. */
export function childPath(path: number | readonly number[], ordinal: number): number | readonly number[] {
  if (path === ROOT_PATH) return ordinal
  return typeof path === 'number' ? [path, ordinal] : [...path, ordinal]
}
