/** A ledger's totals as plain data: counts by name. */
export interface Counts {
  readonly [counter: string]: number
}

/** Adds counts up by name, for the subtasks of one operator or the splits of one source. */
export function addCounts(sum: Counts | undefined, more: Counts): Counts {
  const names = new Set([...Object.keys(sum ?? {}), ...Object.keys(more)])
  return Object.fromEntries([...names].map((name) => [name, (sum?.[name] ?? 0) + (more[name] ?? 0)]))
}
