/** Memory of this process while something runs. */

const SAMPLE_MS = 5

/** Runs it and tells by how many bytes resident memory rose above where it stood, at its highest. */
export async function peakGrowth<T>(run: () => Promise<T>): Promise<{ result: T; growth: number }> {
  globalThis.gc?.()
  const before = process.memoryUsage.rss()
  let peak = before
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, SAMPLE_MS)
  try {
    const result = await run()
    peak = Math.max(peak, process.memoryUsage.rss())
    return { result, growth: peak - before }
  } finally {
    clearInterval(timer)
  }
}
