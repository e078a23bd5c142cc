import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../bytes/writer.ts'
import type { DecoderState } from './decoder.ts'
import { All, decodeAll, generator, lineOf } from './json-lines.fixture.ts'
import { type Message, writeMark } from './message.ts'
import { framesOf, header, inChunks, message } from './messages.fixture.ts'
import { checkMessages, type MessagesOptions, messagesDecoder } from './messages.ts'
import { boolean, integer, number, type RecordSchema, record, string, time } from './schema.ts'

const json: MessagesOptions = { value: { name: 'json' } }
const Click = record({ user: string(), amount: number() })

interface Piece {
  readonly outcome: unknown
  readonly reason?: string
  readonly raw?: string
  readonly position: number
  readonly state: DecoderState
}

function decode(
  schema: RecordSchema<unknown>,
  options: MessagesOptions,
  chunks: readonly Uint8Array[],
  { split = 'clicks/3', resume }: { split?: string; resume?: DecoderState } = {},
): Piece[] {
  const decoder = messagesDecoder(schema, options, split, resume)
  const pieces: Piece[] = []
  const drain = (): void => {
    while (decoder.next()) {
      const { rejected, rejection, record, position } = decoder
      const state = decoder.state()
      expect(decoder.consumed).toBe(state.consumed)
      expect(decoder.row).toBe(state.row - 1)
      pieces.push(
        rejected
          ? { outcome: rejection.code, reason: rejection.reason, raw: rejection.raw, position, state }
          : { outcome: record, position, state },
      )
    }
  }
  for (const chunk of chunks) {
    const lent = chunk.slice()
    decoder.push(lent)
    drain()
    lent.fill(0x22) // the chunk is the caller's again
  }
  decoder.end()
  drain()
  return pieces
}

function one(schema: RecordSchema<unknown>, options: MessagesOptions, value: Message): Piece {
  const [piece, ...more] = decode(schema, options, [framesOf([value])])
  expect(more).toEqual([])
  return piece
}

describe('messages of JSON', () => {
  test('become records, each at its offset', () => {
    const frames = framesOf([message(7, '{"user":"a","amount":1.5}'), message(9, ' { "amount" : -2 , "user" : "é" } ')])
    expect(decode(Click, json, [frames])).toEqual([
      { outcome: { user: 'a', amount: 1.5 }, position: 7, state: { consumed: 8, row: 1, header: null } },
      { outcome: { user: 'é', amount: -2 }, position: 9, state: { consumed: 10, row: 2, header: null } },
    ])
  })

  test('are read as strictly as lines of JSON are', () => {
    const next = generator(11)
    const lines = Array.from({ length: 3000 }, () => lineOf(next)).filter((line) => !/^[ \t\r]*$|\n|\r$/.test(line))
    const encoder = new TextEncoder()
    const asLines = decodeAll(All, {}, [encoder.encode(`${lines.join('\n')}\n`)]).pieces
    const asMessages = decode(All, json, [framesOf(lines.map((line, i) => message(i, line)))])
    expect(asMessages.length).toBe(lines.length)
    const plain = (text: string | undefined) => text?.replace('the line', 'the value').replace('at column', 'at byte')
    expect(asMessages.map(({ outcome, reason }) => [outcome, reason])).toEqual(
      asLines.map(({ outcome, reason }) => [(outcome as { code?: string }).code ?? outcome, plain(reason)]),
    )
    expect(asMessages.filter(({ reason }) => reason !== undefined).length).toBeGreaterThan(500)
  })

  test('may have line breaks between tokens, not in texts', () => {
    const pretty = JSON.stringify({ user: 'a', amount: 1 }, null, 2)
    expect(one(Click, json, message(0, `\n${pretty}\r\n`)).outcome).toEqual({ user: 'a', amount: 1 })
    expect(one(Click, json, message(0, '{"user":"a\nb","amount":1}'))).toMatchObject({
      outcome: 'ML_MALFORMED',
      reason: 'a control character in a string, at byte 11',
      raw: '{"user":"a\nb","amount":1}',
    })
    expect(one(Click, json, message(0, `${pretty}\n{}`))).toMatchObject({
      reason: expect.stringContaining('there is text after the object'),
    })
  })

  test.each([
    ['', 'ML_MALFORMED', 'the value is not a JSON object'],
    ['[]', 'ML_MALFORMED', 'the value is not a JSON object'],
    ['\ufeff{"user":"a","amount":1}', 'ML_MALFORMED', 'the value is not a JSON object'],
    ['{"user":"a","amount":1', 'ML_MALFORMED', 'the value ends where a comma or } should be'],
    ['{"user":"a","amount":1}{}', 'ML_MALFORMED', 'there is text after the object'],
    ['{"user":"a","user":"b","amount":1}', 'ML_MALFORMED', 'the name "user" appears twice'],
    ['{"user":"a","amount":1e999}', 'ML_FIELD', 'is too large for a double'],
    ['{"user":"a","amount":"1"}', 'ML_FIELD', 'is not a number'],
    ['{"user":"a"}', 'ML_FIELD', 'field "amount" is missing'],
    ['{"user":"\\ud800","amount":1}', 'ML_MALFORMED', 'a lone surrogate in a string'],
    [`{"x":${'['.repeat(64)}${']'.repeat(64)},"user":"a","amount":1}`, 'ML_MALFORMED', 'more than 64 levels deep'],
    ['{"__proto__":{"user":"x"},"amount":1}', 'ML_FIELD', 'field "user" is missing'],
  ])('are rejected with the reason: %s', (value, code, reason) => {
    expect(one(Click, json, message(0, value))).toMatchObject({
      outcome: code,
      reason: expect.stringContaining(reason),
      raw: value,
    })
  })

  test('of bytes that are not UTF-8 are rejected, whatever follows', () => {
    const bytes = new TextEncoder().encode('{"user":"a","amount":1}')
    bytes[9] = 0xff
    const pieces = decode(Click, json, [framesOf([message(0, bytes), message(1, '{"user":"b","amount":2}')])])
    expect(pieces[0]).toMatchObject({ outcome: 'ML_MALFORMED', raw: '{"user":"\\xff","amount":1}' })
    expect(pieces[1].outcome).toEqual({ user: 'b', amount: 2 })
  })
})

describe('raw messages', () => {
  const raw: MessagesOptions = { value: { name: 'raw', field: 'text' } }
  const Text = record({ text: string() })

  test('are the text of one field', () => {
    expect(one(Text, raw, message(0, 'a\n"b"')).outcome).toEqual({ text: 'a\n"b"' })
    expect(one(Text, raw, message(0, '')).outcome).toEqual({ text: '' })
    expect(one(record({ n: number() }), { value: { name: 'raw' } }, message(0, '-1.5')).outcome).toEqual({ n: -1.5 })
  })

  test('are rejected when they are not of its type', () => {
    expect(one(Text, raw, message(0, Uint8Array.of(0x61, 0xff)))).toMatchObject({
      outcome: 'ML_FIELD',
      reason: 'field "text": "a\u00ff" is not valid UTF-8',
      raw: 'a\\xff',
    })
    expect(one(Text, raw, message(0, 'a\0')).reason).toBe('field "text": "a\\u0000" has a NUL')
    expect(one(record({ b: boolean() }), { value: { name: 'raw' } }, message(0, '1')).reason).toBe(
      'field "b": "1" is not true or false',
    )
  })
})

describe('a message without value', () => {
  test('is rejected with a reason of its own', () => {
    expect(one(Click, json, message(5, null, { key: Uint8Array.of(97) }))).toMatchObject({
      outcome: 'ML_FIELD',
      reason: 'the message has no value: it is a tombstone',
      raw: '',
      position: 5,
    })
  })

  test('is a record of nulls where all fields of the value may be null', () => {
    const Profile = record({ id: string(), name: string().nullable(), age: integer().nullable() })
    const options: MessagesOptions = { ...json, metadata: { id: 'key' } }
    const frames = framesOf([
      message(0, '{"name":"Ada","age":36}', { key: Uint8Array.of(97) }),
      message(1, null, { key: Uint8Array.of(98) }),
    ])
    expect(decode(Profile, options, [frames]).map(({ outcome }) => outcome)).toEqual([
      { id: 'a', name: 'Ada', age: 36 },
      { id: 'b', name: null, age: null },
    ])
  })
})

describe('what stands beside the value', () => {
  const Whole = record({
    topic: string(),
    user: string(),
    partition: integer(),
    key: string().nullable(),
    at: time(),
    offset: integer(),
    version: integer().nullable(),
  })
  const options: MessagesOptions = {
    ...json,
    metadata: {
      topic: 'topic',
      partition: 'partition',
      key: 'key',
      at: 'timestamp',
      offset: 'offset',
      version: 'header.v',
    },
  }
  const key = new TextEncoder().encode('käse')

  test('fills fields of the record, which keeps the order of its schema', () => {
    const headers = [header('v', '1'), header('w', '9'), header('v', '2')]
    const piece = one(Whole, options, message(12, '{"user":"a","offset":99}', { key, timestamp: 1e12, headers }))
    expect(Object.entries(piece.outcome as object)).toEqual([
      ['topic', 'clicks'],
      ['user', 'a'],
      ['partition', 3],
      ['key', 'käse'],
      ['at', 1e12],
      ['offset', 12],
      ['version', 2],
    ])
  })

  test('is null where it is not there, if the field may be', () => {
    const piece = one(Whole, options, message(1, '{"user":"a"}', { timestamp: 1, headers: [header('v', null)] }))
    expect(piece.outcome).toMatchObject({ key: null, version: null })
  })

  test.each([
    [{}, 'field "at": the message has no timestamp'],
    [{ timestamp: -5 }, 'field "at": the timestamp -5 is outside its range'],
    [{ timestamp: 9e12 }, 'field "at": the timestamp 9000000000000 is outside its range'],
    [{ timestamp: 1.5 }, 'field "at": the timestamp 1.5 is outside its range'],
    [{ timestamp: 1, key: Uint8Array.of(0xff) }, 'field "key": the key "\u00ff" is not valid UTF-8'],
    [
      { timestamp: 1, headers: [header('v', '1.0')] },
      'field "version": the header "v" "1.0" is not an integer (digits with an optional sign)',
    ],
  ])('rejects the message when the field cannot take it: %j', (more, reason) => {
    expect(one(Whole, options, message(0, '{"user":"a"}', more))).toMatchObject({
      outcome: 'ML_FIELD',
      reason,
      raw: '{"user":"a"}',
    })
  })

  test('of a key that must be there is missed', () => {
    const Keyed = record({ user: string(), id: integer() })
    const keyed: MessagesOptions = { ...json, metadata: { id: 'key' } }
    expect(one(Keyed, keyed, message(0, '{"user":"a"}')).reason).toBe('field "id": the message has no key')
    const piece = one(Keyed, keyed, message(0, '{"user":"a"}', { key: Uint8Array.of(0x34, 0x32) }))
    expect(piece.outcome).toEqual({ user: 'a', id: 42 })
  })
})

describe('the decoder of messages', () => {
  const messages = Array.from({ length: 40 }, (_, i) =>
    message(3 * i, i % 7 === 3 ? '{' : `{"user":"${'u'.repeat(i)}","amount":${i}}`, {
      key: i % 3 === 0 ? null : Uint8Array.of(i),
      headers: i % 4 === 0 ? [header('a', 'b'), header('', null)] : [],
    }),
  )
  const frames = framesOf(messages)
  const whole = decode(Click, json, [frames])

  test('gives the same whatever the chunks are', () => {
    expect(whole.length).toBe(40)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sizes) => {
        expect(decode(Click, json, inChunks(frames, sizes))).toEqual(whole)
      }),
      { numRuns: 60 },
    )
  })

  test('resumes after any piece, and passes over what it had', () => {
    for (const [i, { state }] of whole.entries()) {
      const rest = framesOf(messages.slice(i + 1))
      expect(decode(Click, json, [rest], { resume: state })).toEqual(whole.slice(i + 1))
      expect(decode(Click, json, [frames], { resume: state })).toEqual(whole.slice(i + 1))
    }
  })

  test('goes on where a mark says, behind what is no message, whatever the chunks are', () => {
    const marked = (offset: number): Uint8Array => {
      const writer = new ByteWriter()
      writeMark(offset, writer)
      return writer.finish()
    }
    const first = framesOf([message(3, '{"user":"a","amount":1}')])
    const second = framesOf([message(9, '{"user":"b","amount":2}')])
    const bytes = Buffer.concat([marked(2), first, marked(6), marked(8), second, marked(12)])
    for (let cut = 0; cut <= bytes.length; cut++) {
      const decoder = messagesDecoder(Click, json, 'clicks/0')
      const seen: unknown[] = []
      for (const chunk of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
        decoder.push(chunk)
        while (decoder.next()) seen.push([decoder.position, decoder.consumed])
        seen.push(decoder.consumed)
      }
      expect(seen.filter(Array.isArray)).toEqual([
        [3, 4],
        [9, 10],
      ])
      expect(decoder.state()).toEqual({ consumed: 12, row: 2, header: null })
      decoder.end()
      expect(decoder.next()).toBe(false)
      if (cut === 12 + first.length + 12) expect(seen[1]).toBe(6)
    }
    expect(() => decode(Click, json, [marked(-1)])).toThrow(/ML_CORRUPT/)
  })

  test('rejects a message that is too long without holding it', () => {
    const options: MessagesOptions = { ...json, maxRecordBytes: 100 }
    const long = message(1, JSON.stringify({ user: 'x'.repeat(20_000), amount: 1 }))
    const list = [message(0, '{"user":"a","amount":1}'), long, message(2, '{"user":"b","amount":2}')]
    for (const sizes of [[1e6], [7], [5000]]) {
      const pieces = decode(Click, options, inChunks(framesOf(list), sizes))
      expect(pieces.map(({ outcome }) => outcome)).toEqual([
        { user: 'a', amount: 1 },
        'ML_RECORD_SIZE',
        { user: 'b', amount: 2 },
      ])
      expect(pieces[1]).toMatchObject({
        reason: 'the message is longer than 100 bytes',
        position: 1,
        raw: expect.stringMatching(/^\{"user":"x{4000}/),
      })
    }
  })

  test('runs the check of the schema', () => {
    const validate = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) =>
          (value as { amount: number }).amount < 0 ? { issues: [{ message: 'negative' }] } : { value },
      },
    }
    const Checked = record({ amount: number() }, { validate })
    expect(one(Checked, json, message(0, '{"amount":-1}'))).toMatchObject({ outcome: 'ML_CHECK', reason: 'negative' })
  })

  test.each([
    ['cut in the middle', frames.subarray(0, 30)],
    ['of an impossible length', Uint8Array.of(1, 0, 0, 0, 9)],
    ['of a negative offset', framesOf([message(-1, '{}')])],
    ['with a key that is longer than the message', patched(20, 0x7f)],
    ['with a header that is longer than the message', patched(24, 0xff)],
    ['with bytes after its value', patched(26, 1)],
  ])('refuses a frame %s as damage', (_, bytes) => {
    expect(() => decode(Click, json, [bytes])).toThrow(/ML_CORRUPT/)
  })

  test('refuses wrong options when they are declared', () => {
    const check = (options: unknown, schema: RecordSchema<unknown> = Click) =>
      checkMessages(schema, options as MessagesOptions)
    expect(() => check(json)).not.toThrow()
    expect(() => check({ ...json, metadata: { user: 'topic' } })).not.toThrow()
    expect(() => check({})).toThrow(/ML_RANGE: there is no such format/)
    expect(() => check({ value: { name: 'json', strict: true } })).toThrow(/has no option "strict"/)
    expect(() => check({ value: { name: 'raw' } })).toThrow(/ML_SCHEMA: the raw value of a message is one field/)
    expect(() => check({ ...json, compact: true })).toThrow(/messages have no option "compact"/)
    expect(() => check({ ...json, maxRecordBytes: 0 })).toThrow(/ML_RANGE: maxRecordBytes/)
    expect(() => check({ ...json, metadata: { users: 'key' } })).toThrow(/ML_SCHEMA: .*"users"/)
    expect(() => check({ ...json, metadata: { user: 'header' } })).toThrow(/takes an unknown part/)
    expect(() => check({ ...json, metadata: { user: 'constructor' } })).toThrow(/takes an unknown part/)
    expect(() => check({ ...json, metadata: { user: 'timestamp' } })).toThrow(/must be time\(\) or number\(\)/)
    const options: MessagesOptions = { ...json, metadata: { user: 'topic' } }
    expect(() => messagesDecoder(Click, options, 'data.csv')).toThrow(/ML_PLAN: .*this split does not tell/)
  })
})

function patched(at: number, byte: number): Uint8Array {
  const bytes = framesOf([message(0, '{}')])
  bytes[at] = byte
  return bytes
}
