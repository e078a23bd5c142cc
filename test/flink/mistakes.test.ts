// What is typed wrong of submit and flink is answered in one line, without a cluster.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { folderWith, millrace, rawReadings, readings } from '../cli-process.ts'

const files = { 'readings.ts': readings(), 'prints.ts': readings({ sink: 'stdout()' }), 'raw.csv': rawReadings(3) }
const cwd = folderWith(files)
const home = folderWith({})
const env = { MILLRACE_FLINK_HOME: home }
/** Nothing listens there. */
const nobody = ['--flink', 'http://127.0.0.1:2']
const submit = ['submit', 'readings.ts']

describe.concurrent('a mistake is answered in one line', () => {
  test.each<[string, number, string[], RegExp]>([
    [
      'a flag that does not exist',
      2,
      [...submit, '--parallelsm', '2'],
      /unknown option.*\n\(Did you mean --parallelism/,
    ],
    ['a subcommand that does not exist', 2, ['flink', 'strat'], /unknown command 'strat'\n\(Did you mean start/],
    ['a pipeline that is not there', 2, ['submit', 'reading.ts'], /ML_NO_FILE: .*Did you mean readings\.ts/],
    ['a parallelism of 0', 2, [...submit, '--parallelism', '0'], /ML_RANGE: .*"0" at --parallelism\. Write 1 to 128/],
    ['a parallelism over the key groups', 2, [...submit, '--parallelism', '129'], /ML_RANGE: .*"129".*1 to 128/],
    ['a duration', 2, [...submit, '--flush', 'soon'], /ML_RANGE: .*"soon" at --flush/],
    [
      'an address without its protocol',
      2,
      [...submit, '--flink', 'localhost:8081'],
      /ML_RANGE: .*http:\/\/localhost:8081/,
    ],
    [
      'an address with a wrong protocol',
      2,
      ['flink', 'list', '--flink', 'htp://h:1'],
      /ML_RANGE: .*Write it as http:\/\/h:1/,
    ],
    [
      'a cluster that does not answer',
      1,
      [...submit, ...nobody],
      /ML_FLINK_REST: no Flink cluster answers.*flink start/,
    ],
    ['a job of it', 1, ['flink', 'stop', 'readings', ...nobody], /ML_FLINK_REST: no Flink cluster answers/],
    ['a pipeline that prints', 78, ['submit', 'prints.ts', ...nobody], /ML_NOT_ON_FLINK: a stdout sink .*"readings"/],
    ['no TaskManager', 2, ['flink', 'start', '--task-managers', '0'], /ML_RANGE: .*"0" at --task-managers/],
    [
      'a port that is none',
      2,
      ['flink', 'start', '--port', '70000'],
      /ML_RANGE: .*"70000" at --port\. Write 0 to 65535/,
    ],
    ['the status of nothing', 1, ['flink', 'status'], /ML_FLINK_CLUSTER: no local cluster was started/],
  ])('%s', async (_title, exit, args, text) => {
    const { code, stderr } = await millrace(args, { cwd, env })
    expect(stderr).toMatch(text)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(stderr.trimEnd().split('\n').length).toBeLessThan(4)
    expect(code).toBe(exit)
  })

  test('a machine without Java or Maven says what to install', async () => {
    const bare = { ...env, PATH: folderWith({}), JAVA_HOME: '', MAVEN_HOME: '' }
    const { code, stderr } = await millrace(['flink', 'start'], { cwd, env: bare })
    expect(stderr).toMatch(
      /^millrace: ML_JAVA_TOOL: Java is not installed\. Install a JDK 17, or set JAVA_HOME to one\.$/m,
    )
    expect(code).toBe(1)
  })

  test('the error is JSON where JSON was asked for', async () => {
    const { code, stdout } = await millrace(['flink', 'list', '--json', ...nobody], { cwd, env })
    expect(JSON.parse(stdout)).toMatchObject({ type: 'error', code: 'ML_FLINK_REST' })
    expect(code).toBe(1)
  })

  test('how to prepare a cluster of one’s own is printed', async () => {
    const { code, stdout } = await millrace(['flink', 'prepare'], { cwd, env })
    expect(stdout).toContain('classloader.parent-first-patterns.additional: com.caoccao.javet.')
    expect(code).toBe(0)
  })
})

describe('a program that is not Flink', () => {
  const server = createServer((_request, response) => response.end('<html>'))
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => void server.close())

  test('is called that', async () => {
    const { port } = server.address() as AddressInfo
    const { code, stderr } = await millrace(['flink', 'list', '--flink', `http://127.0.0.1:${port}`], { cwd, env })
    expect(stderr).toMatch(/ML_FLINK_REST: what answers is not Flink's REST API; got "HTTP 200 <html>"/)
    expect(code).toBe(1)
  })
})
