/** A timer: `tag` tells an operator's own timers of one key apart. */
export interface Timer {
  readonly time: number
  readonly uid: string
  /** Canonical key, as latin-1 text of its bytes. */
  readonly keyText: string
  readonly group: number
  readonly tag: string
}

/** Total order of timers: negative when `a` is first. */
export function compareTimers(a: Timer, b: Timer): number {
  if (a.time !== b.time) return a.time - b.time
  if (a.uid !== b.uid) return a.uid < b.uid ? -1 : 1
  if (a.keyText !== b.keyText) return a.keyText < b.keyText ? -1 : 1
  return a.tag === b.tag ? 0 : a.tag < b.tag ? -1 : 1
}
