import { describe, expect, test } from 'vitest'
import { errorText, isSecretName, MillraceError, redacted, redactedText, show } from './errors.ts'

const secret = 'hunter2'
const error = (got: unknown, where?: string) =>
  new MillraceError('ML_PARAM', { what: 'it is wrong', got, where, remedy: 'Mend it' }).message

describe('an error', () => {
  test('says what, got what, where and what to do', () => {
    expect(error([1], 'here')).toBe('ML_PARAM: it is wrong; got [1] at here. Mend it.')
  })

  test.each<[string, unknown]>([
    ['a URL', `postgres://ann:${secret}@db.example/x`],
    ['a URL whose password holds an @', `amqp://ann:x@${secret}@mq.example:5672`],
    ['a URL that is cut off behind the password', `https://ann:${secret}@${'h'.repeat(200)}`],
    ['a query', `https://api.example/v1?api_key=${secret}&page=2`],
    ['an option', { user: 'ann', password: secret }],
    ['a nested option', { kafka: { sasl: { saslPassword: secret } } }],
    ['quoted JSON that did not parse', `{"clientSecret":"${secret}", oops`],
    ['a line of a file', `  const dbPassword = '${secret}' +`],
    ['a header', `Authorization: ${secret}`],
  ])('shows no secret of %s', (_name, got) => {
    expect(error(got)).not.toContain(secret)
    expect(error(got)).toContain('[redacted]')
    expect(show(got)).not.toContain(secret)
  })

  test('shows no credentials in its place, and none of other libraries', () => {
    expect(error(1, `https://ann:${secret}@db.example/x`)).toContain('at https://[redacted]@db.example/x')
    expect(errorText(new TypeError(`cannot connect: token=${secret}`))).toBe(
      'TypeError: cannot connect: token=[redacted]',
    )
  })

  test('shows what only looks a little like a secret', () => {
    for (const text of ['passenger=17', 'tokenizer=words', 'the secret of a good model', 'https://example.org/a@b']) {
      expect(show(text)).toBe(JSON.stringify(text))
    }
  })
})

describe('plain JSON without secrets', () => {
  test('keeps everything else as it was', () => {
    const options = {
      topic: 'clicks',
      brokers: [`kafka://ann:${secret}@a:9092`],
      sasl: { username: 'ann', password: secret, token: '' },
      credentials: { key: secret, list: [secret], retries: 3 },
      maxTokens: 512,
    }
    expect(redacted(options)).toEqual({
      topic: 'clicks',
      brokers: ['kafka://[redacted]@a:9092'],
      sasl: { username: 'ann', password: '[redacted]', token: '' },
      credentials: { key: '[redacted]', list: ['[redacted]'], retries: 3 },
      maxTokens: 512,
    })
    expect(options.sasl.password).toBe(secret)
  })

  test('knows secret names by how they end', () => {
    expect(['password', 'dbPassword', 'API_KEY', 'apiKey', 'accessToken', 'client-secret'].every(isSecretName)).toBe(
      true,
    )
    expect(['passenger', 'passwordFile', 'tokenizer', 'monkey', 'key'].some(isSecretName)).toBe(false)
  })
})

test('the credentials behind an authorization header are no part of a message', () => {
  expect(redactedText('sent Authorization: Bearer abc.def to it')).toBe('sent Authorization: Bearer [redacted] to it')
  expect(redactedText('{"authorization":"Basic dXNlcjpwdw=="}')).toBe('{"authorization":"Basic [redacted]"}')
})
