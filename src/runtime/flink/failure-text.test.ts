import { describe, expect, test } from 'vitest'
import { isMillraceError } from '../../errors.ts'
import { failureOf, remoteError } from './failure-text.ts'

const restHandler = `Internal server error.
<Exception on server side:
org.apache.flink.runtime.rest.handler.RestHandlerException: Could not execute application.
\tat org.apache.flink.runtime.webmonitor.handlers.JarRunHandler.lambda$handleRequest$1(JarRunHandler.java:114)
Caused by: java.util.concurrent.CompletionException: org.apache.flink.util.FlinkRuntimeException: Could not execute application.
\t... 2 more
Caused by: org.apache.flink.client.program.ProgramInvocationException: The main method caused an error: REASON
\tat org.apache.flink.client.program.PackagedProgram.callMainMethod(PackagedProgram.java:373)
Caused by: REASON
\tat io.millrace.flink.Main.main(Main.java:21)
\t... 18 more

End of exception on server side>`

describe('the reason of a failure', () => {
  test('is the innermost error of ours, as its own words say it', () => {
    const own = 'io.millrace.flink.HostException: ML_NO_FILE: there is no file x.csv; got "x.csv". Did you mean y.csv.'
    expect(failureOf(restHandler.replaceAll('REASON', own))).toEqual({
      code: 'ML_NO_FILE',
      text: 'ML_NO_FILE: there is no file x.csv; got "x.csv". Did you mean y.csv.',
    })
    const nested = `java.lang.RuntimeException: ML_SOURCE: outer.\n\tat a.B.c(B.java:1)\nCaused by: x.Y: ML_STATE_LIMIT: inner.`
    expect(failureOf(nested)).toMatchObject({ code: 'ML_STATE_LIMIT', text: 'ML_STATE_LIMIT: inner.' })
  })

  test('is else the root cause in one line, by the class nearest to its message', () => {
    const missing = "java.io.FileNotFoundException: Cannot find savepoint '/nowhere'."
    expect(failureOf(restHandler.replaceAll('REASON', missing)).text).toBe(
      "FileNotFoundException: Cannot find savepoint '/nowhere'.",
    )
    const wrapped = 'Caused by: java.util.concurrent.CompletionException: a.b.SomeException: it broke'
    expect(failureOf(wrapped).text).toBe('SomeException: it broke')
    expect(failureOf('java.lang.OutOfMemoryError').text).toBe('java.lang.OutOfMemoryError')
  })

  test('is a plain sentence of Flink as it is, and never empty', () => {
    expect(failureOf('Job could not be found.')).toEqual({ code: undefined, text: 'Job could not be found.' })
    expect(failureOf('').text).toBe('no reason is known')
  })

  test('is no error of ours when its code is not in our table', () => {
    expect(failureOf('x.Y: ML_WHATEVER: what.')).toMatchObject({ code: undefined })
  })

  test('shows no secret', () => {
    const leak = 'x.Y: ML_SOURCE: cannot read jdbc://ann:hunter2@db, password=hunter2.'
    expect(failureOf(leak).text).not.toContain('hunter2')
  })
})

test('an error of the host counts here as what it is', () => {
  const error = remoteError(failureOf('x.Y: ML_NO_FILE: gone.'))
  expect(isMillraceError(error)).toBe(true)
  expect(error.message).toBe('ML_NO_FILE: gone.')
})
