/** Of `names`, those a person may have meant by `name`, nearest first, at most three. */
export function nearNames(name: string, names: Iterable<string>): string[] {
  const limit = Math.max(2, Math.floor(name.length / 3))
  return [...names]
    .map((other) => ({ other, edits: sameStem(name, other) ? 0 : edits(name.toLowerCase(), other.toLowerCase()) }))
    .filter((candidate) => candidate.edits <= limit)
    .sort((a, b) => a.edits - b.edits || (a.other < b.other ? -1 : 1))
    .slice(0, 3)
    .map((candidate) => candidate.other)
}

/** flight-delays and flight-delays.js are both near flight-delays.ts. */
function sameStem(a: string, b: string): boolean {
  const stem = a.replace(/\.\w+$/, '')
  return stem !== '' && stem === b.replace(/\.\w+$/, '')
}

/** Levenshtein's distance: insertions, deletions and substitutions. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substituted, row[j] + 1, next[j - 1] + 1))
    }
    row = next
  }
  return row[b.length]
}
