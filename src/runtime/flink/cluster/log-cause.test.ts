import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ClusterHome } from './cluster-home.ts'
import { logCause } from './log-cause.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-log-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The cause that is read out of a log, and out of what the process printed beside it. */
function causeOf(log: string, printed = ''): string {
  const home = new ClusterHome(folder)
  mkdirSync(join(folder, 'log'), { recursive: true })
  writeFileSync(home.log('jobmanager'), log)
  writeFileSync(home.output('jobmanager'), printed)
  return logCause(home, 'jobmanager')
}

test('the innermost cause in the log is the reason', () => {
  const log = `2026-01-01 ERROR a.B - Could not start cluster entrypoint.
org.apache.flink.runtime.entrypoint.ClusterEntrypointException: Failed to initialize.
\tat a.B.c(B.java:1)
Caused by: java.net.BindException: Could not start rest endpoint on any port in port range 8081
\tat d.E.f(E.java:2)
Caused by: java.net.BindException: Address already in use.
\t... 3 more`
  expect(causeOf(log)).toBe('java.net.BindException: Address already in use')
})

test('without one it is the exception, the line of the error, or what the JVM printed', () => {
  expect(causeOf('java.lang.IllegalStateException: no\n\tat a.B')).toBe('java.lang.IllegalStateException: no')
  expect(causeOf('2026-01-01 00:00:00,000 ERROR a.B x - It broke.')).toBe('It broke')
  const printed = 'Picked up options\nError: Could not create the Java Virtual Machine.'
  expect(causeOf('', printed)).toBe('Error: Could not create the Java Virtual Machine')
  expect(causeOf('')).toBe('its log gives no reason')
})
