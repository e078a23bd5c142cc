import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { exitCodeOf } from './exit-codes.ts'
import { httpAddress } from './http-address.ts'
import { paramsOf } from './params.ts'
import { type RunFlags, runSettings } from './run-settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-settings-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A configuration file with this content. */
function config(content: object | string): string {
  const file = join(folder, 'millrace.json')
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

function refused(flags: RunFlags, env: Record<string, string> = {}): { exit: number; message: string } {
  try {
    runSettings(flags, env)
  } catch (error) {
    return { exit: exitCodeOf(error), message: (error as Error).message }
  }
  throw new Error('it was accepted')
}

describe('settings', () => {
  test('come from the file, from the environment before it, from flags before both', () => {
    const file = config({ retain: 5, checkpointEvery: '10s', state: 'a', http: 9464, log: 'json', logLevel: 'debug' })
    const env = { MILLRACE_STATE: 'b', MILLRACE_CHECKPOINT_EVERY: '20s', MILLRACE_LOG: '', MILLRACE_HTTP_ALLOW: 'x,y' }
    const { options, http, log, logLevel } = runSettings({ config: file, state: 'c' }, env)
    expect(options).toMatchObject({ retain: 5, checkpointEvery: 20_000, state: 'c' })
    expect(http).toEqual({ host: '127.0.0.1', port: 9464, allow: ['x', 'y'] })
    expect([log, logLevel]).toEqual(['json', 'debug'])
    const flags = { config: file, http: '0.0.0.0:1', httpAllow: ['z'], log: 'off' }
    expect(runSettings(flags, env)).toMatchObject({ http: { host: '0.0.0.0', port: 1, allow: ['z'] }, log: 'off' })
    expect(runSettings({ config: config({ httpAllow: ['p', 'q'], http: '1' }) }, {}).http?.allow).toEqual(['p', 'q'])
  })

  test('are the usual ones when nothing is said', () => {
    const { options, http, log, logLevel, params } = runSettings({ param: [], httpAllow: [] }, { PATH: '/bin' })
    expect([http, log, logLevel, params]).toEqual([undefined, undefined, 'info', []])
    expect(options).toMatchObject({ base: process.cwd(), retain: undefined, checkpointEvery: undefined })
  })

  test.each<[string, object | string, RegExp]>([
    ['an unknown name', { retian: 5 }, /there is no setting "retian" at .*millrace\.json\. Did you mean retain\./],
    ['a name that is near none', { colour: 'red' }, /There are base, state, .*params\./],
    ['a value out of range', { retain: 1 }, /must be a whole number; got "1" at "retain" of .*Write 2 or more/],
    ['a duration that is none', { checkpointEvery: 'soon' }, /"soon" at "checkpointEvery" of/],
    ['a value of another kind', { state: ['a'] }, /must be a text or a number; got \["a"\] at "state" of/],
    ['a log format there is not', { log: 'jsno' }, /one of json, text, off; got "jsno".*Did you mean json/],
    ['a port there is not', { http: 70_000 }, /must be a port.*"70000"/],
    ['no object', [1], /a configuration is a JSON object/],
    ['no JSON, and shows nothing of it', '{"params": {"password": hunter2}', /^(?!.*hunter2).*this is not JSON/],
    ['params that are none', { params: ['a'] }, /params are a JSON object/],
  ])('in a file are refused with exit code 78: %s', (_name, content, says) => {
    const { exit, message } = refused({ config: config(content) })
    expect(message).toMatch(/^ML_CONFIG: /)
    expect(message).toMatch(says)
    expect(exit).toBe(78)
  })

  test('in the environment are refused by the name of the variable, exit code 78', () => {
    expect(refused({}, { MILLRACE_RETAIN: 'many' })).toEqual({
      exit: 78,
      message: expect.stringMatching(/^ML_CONFIG: must be a whole number; got "many" at MILLRACE_RETAIN\./),
    })
    expect(refused({}, { MILLRACE_PARAMS: '{' })).toMatchObject({ exit: 78 })
  })

  test('as flags are refused as wrong usage, exit code 2', () => {
    expect(refused({ http: 'localhost' })).toEqual({
      exit: 2,
      message: expect.stringMatching(/^ML_RANGE: must be a port, or a host and a port; got "localhost" at --http\./),
    })
    expect(refused({ config: join(folder, 'nowhere.json') })).toMatchObject({ exit: 2 })
  })
})

describe('params', () => {
  const defaults = { raw: 'raw.csv', limit: 10, dbPassword: 'none' }

  test('of the file give way to those of the environment, and these to flags', () => {
    const file = config({ params: { raw: 'file', limit: 1, dbPassword: 'x' } })
    const { params } = runSettings({ config: file }, { MILLRACE_PARAMS: '{"raw":"env","limit":2}' })
    expect(paramsOf(['limit=3'], defaults, params)).toEqual({ raw: 'env', limit: 3, dbPassword: 'x' })
  })

  test.each([
    [{ rwa: 'x' }, /ML_CONFIG: .*no such param; got "rwa" at .*millrace\.json\. Did you mean raw/],
    [{ limit: '10' }, /ML_CONFIG: param "limit" must be a number; got "10"/],
    [{ dbPassword: 5 }, /ML_CONFIG: param "dbPassword" must be a string; got /],
  ])('that the pipeline does not have, or of another type, are refused: %j', (given, says) => {
    const { params } = runSettings({ config: config({ params: given }) }, {})
    expect(() => paramsOf([], defaults, params)).toThrow(says)
  })
})

test.each([
  ['9464', '127.0.0.1', 9464],
  ['0', '127.0.0.1', 0],
  ['0.0.0.0:80', '0.0.0.0', 80],
  ['[::1]:9464', '::1', 9464],
  ['millrace.internal:1', 'millrace.internal', 1],
])('an address is read: %s', (text, host, port) => {
  expect(httpAddress('--http', text)).toEqual({ host, port })
})

test.each(['', ':9464', '::1:9464', 'http://localhost:1', 'localhost', '1:2:3', '99999', '-1', '1.5'])(
  'what is no address is refused: "%s"',
  (text) => {
    expect(() => httpAddress('--http', text)).toThrow('ML_RANGE')
  },
)
