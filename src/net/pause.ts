/** Waits, or not to the end when `end` comes first. */
export function pause(ms: number, end?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      end?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    if (end?.aborted) done()
    else end?.addEventListener('abort', done)
  })
}
