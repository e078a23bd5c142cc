import { expect, test } from 'vitest'
import { hideSecret } from '../errors.ts'
import { errorFields, type LogLevel, redactingLogger } from '../runtime/local/logger.ts'
import { type LogFormat, lineLogger } from './log.ts'

function logged(format: LogFormat, level: LogLevel = 'debug') {
  const lines: string[] = []
  const now = () => Date.UTC(2024, 0, 2, 3, 4, 5, 6)
  const write = (line: string) => void lines.push(line)
  return { lines, logger: redactingLogger(lineLogger({ format, level, pipeline: 'taxis', write, now })) }
}

test('an event is one line of JSON, whatever its fields are called and hold', () => {
  const { lines, logger } = logged('json')
  logger.info({ msg: 'other', checkpoint: 7, share: Number.NaN, text: 'a\nb' }, 'started')
  expect(lines.join('')).toBe(
    '{"time":"2024-01-02T03:04:05.006Z","level":"info","msg":"started","pipeline":"taxis","checkpoint":7,"share":"NaN","text":"a\\nb"}\n',
  )
})

test('an event is one line of text', () => {
  const { lines, logger } = logged('text')
  logger.warn({ sink: 'alarms', where: 'the server at\nhome', nothing: undefined, none: null, rows: 3 }, 'slow')
  expect(lines.join('')).toBe('2024-01-02T03:04:05.006Z warn  slow sink=alarms where="the server at\\nhome" rows=3\n')
})

test('a log tells what is at least of its level, and nothing when it is off', () => {
  const all = logged('json', 'warn')
  for (const level of ['debug', 'info', 'warn', 'error'] as const) all.logger[level]({}, level)
  expect(all.lines.map((line) => JSON.parse(line).msg)).toEqual(['warn', 'error'])
  const { lines, logger } = logged('off')
  logger.error({}, 'no')
  expect(lines).toEqual([])
})

test('no event shows a secret, in its words or its fields', () => {
  const { lines, logger } = logged('json')
  hideSecret('s3cr3t-of-the-log')
  logger.info(
    { password: 'x', url: 'amqp://ann:pw@host', note: ['has s3cr3t-of-the-log'] },
    'token=abc s3cr3t-of-the-log',
  )
  expect(JSON.parse(lines[0])).toMatchObject({
    msg: 'token=[redacted] [redacted]',
    password: '[redacted]',
    url: 'amqp://[redacted]@host',
    note: ['has [redacted]'],
  })
})

test('a logger that throws does not end what it watches', () => {
  const throws = () => {
    throw new Error('disk full')
  }
  expect(() =>
    redactingLogger({ debug: throws, info: throws, warn: throws, error: throws }).info({}, 'x'),
  ).not.toThrow()
})

test('an error that is not ours has no code', () => {
  expect(errorFields(new TypeError('token=abc'))).toEqual({ code: null, error: 'TypeError: token=[redacted]' })
})
