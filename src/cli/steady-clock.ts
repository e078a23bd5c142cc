/** Milliseconds of a clock that is never set. `performance` tells them too, but loads modules when it is asked first. */
export function steadyMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}
