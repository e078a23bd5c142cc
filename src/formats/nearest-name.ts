/**
 * The name that was most likely meant: the one fewest edits away, letter case and separators aside.
 * Undefined when none is near: a wrong hint is worse than none.
 */
export function nearestName(wanted: string, names: readonly string[]): string | undefined {
  const target = plain(wanted)
  let nearest: string | undefined
  let fewest = Math.max(1, Math.floor(target.length / 3)) + 1
  for (const name of names) {
    const edits = distance(target, plain(name))
    if (edits < fewest) {
      fewest = edits
      nearest = name
    }
  }
  return nearest
}

/** `scheduled_at`, `Scheduled At` and `scheduledAt` are one. */
function plain(name: string): string {
  return name
    .slice(0, 64)
    .toLowerCase()
    .replace(/[\s_.-]+/g, '')
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1)
    }
    before = last
    last = row
  }
  return last[b.length]
}
