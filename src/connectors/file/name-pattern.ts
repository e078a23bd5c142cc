/**
 * Whether a file name fits a pattern: `*` stands for any text, `?` for one character, everything else for itself.
 *
 * Cost: at most the product of both lengths, whatever the pattern.
 */
export function fitsPattern(name: string, pattern: string): boolean {
  let at = 0
  let next = 0
  // Where the last `*` was, and what of the name it was taken to stand for.
  let star = -1
  let covered = 0
  while (at < name.length) {
    const wanted = pattern[next]
    if (wanted === '*') {
      star = next++
      covered = at
    } else if (wanted === '?' || wanted === name[at]) {
      at++
      next++
    } else if (star >= 0) {
      next = star + 1
      at = ++covered
    } else {
      return false
    }
  }
  while (pattern[next] === '*') next++
  return next === pattern.length
}
