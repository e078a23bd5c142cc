/** How long a failing input is made smaller. */
const MOST_MS = 8000

/**
 * A smaller input that fails in the same way: pieces are left out, halves first, then bytes are set to zero, as long as it
 * still does.
 */
export async function minimised(
  bytes: Uint8Array,
  why: string,
  failure: (bytes: Uint8Array) => Promise<string | undefined>,
): Promise<Uint8Array> {
  const until = performance.now() + MOST_MS
  const kind = kindOf(why)
  const fails = async (candidate: Uint8Array) => {
    const found = await failure(candidate)
    return found !== undefined && kindOf(found) === kind
  }
  let best = bytes
  for (let size = bytes.length >> 1; size >= 1; size = Math.min(size >> 1, best.length)) {
    for (let at = 0; at < best.length && performance.now() < until; ) {
      const less = Uint8Array.of(...best.subarray(0, at), ...best.subarray(at + size))
      if (await fails(less)) best = less
      else at += size
    }
  }
  for (let at = 0; at < best.length && performance.now() < until; at++) {
    if (best[at] === 0) continue
    const simpler = best.slice()
    simpler[at] = 0
    if (await fails(simpler)) best = simpler
  }
  return best
}

/** The kind of error and where it came from, without the values in its message. */
function kindOf(why: string): string {
  const [first, ...stack] = why.split('\n')
  return `${first.split(':')[0]} ${stack.find((line) => line.includes(' at ')) ?? ''}`
}
