import type { DecoderState } from './decoder.ts'
import { type JsonLinesOptions, jsonDecoder } from './json-lines.ts'
import { boolean, integer, number, type RecordSchema, record, string, time } from './schema.ts'

const encoder = new TextEncoder()

/** A field of every type, with and without null, and one of an awkward name. */
export const All = record({
  s: string(),
  n: number(),
  i: integer(),
  b: boolean(),
  t: time(),
  ms: time({ unit: 'ms' }),
  sec: time({ unit: 's' }),
  so: string().nullable(),
  no: number().nullable(),
  to: time({ utcOffset: '-05:00' }).nullable(),
  ['__proto__']: number().nullable(),
})

export interface Piece {
  outcome: unknown
  raw?: string
  reason?: string
  position: number
  consumed: number
  row: number
}

/** All pieces of the chunks, each with the state after it. */
export function decodeAll(
  schema: RecordSchema<unknown>,
  options: JsonLinesOptions,
  chunks: readonly Uint8Array[],
  resume?: DecoderState,
): { pieces: Piece[]; states: DecoderState[] } {
  const decoder = jsonDecoder(schema, options, resume)
  const pieces: Piece[] = []
  const states = [decoder.state()]
  const drain = (): void => {
    while (decoder.next()) {
      const { rejected, rejection, position, consumed, row } = decoder
      const what = rejected
        ? { outcome: { code: rejection.code }, raw: rejection.raw, reason: rejection.reason }
        : { outcome: decoder.record }
      pieces.push({ ...what, position, consumed, row })
      states.push(decoder.state())
    }
  }
  for (const chunk of chunks) {
    const lent = chunk.slice()
    decoder.push(lent)
    lent.fill(0x22) // the chunk is the caller's again
    drain()
  }
  decoder.end()
  drain()
  return { pieces, states }
}

// A seeded generator: the same mutants in every run, and no time spent on shrinking hundreds of thousands of them.
export function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

export function pick<T>(next: (below: number) => number, list: readonly T[]): T {
  return list[next(list.length)]
}

/** A line of `All`, valid or nearly so: names in any order, some missing, some foreign, values of the right type mostly. */
export function lineOf(next: (below: number) => number): string {
  const strings = [
    '""',
    '"a"',
    '"UA"',
    '"é"',
    '"😀"',
    '"\\ud83d\\ude00"',
    '"\\n\\u00e9"',
    '"2013-01-01-UA-17"',
    '"\\u0000"',
    '"\\ud800"',
  ]
  const numbers = [
    '0',
    '-0',
    '1',
    '-17',
    '3.25',
    '1e3',
    '-2.5E-3',
    '123456789',
    '1234567890',
    '12345678.9',
    '1.0',
    '0.1234567890123456',
    '123456789012345678',
    '9007199254740993',
    '9007199254740992',
    '1e999',
    '1e400',
    '5e-324',
    '1e22',
    '00',
    '1357017300000',
    '1357017300',
    '1357017300.25',
  ]
  const times = [
    '"2013-01-01T05:15:00Z"',
    '"2013-01-01T05:15:00.250Z"',
    '"2013-01-01T25:15:00Z"',
    '"2013-01-02"',
    '"2013-01-02 05:15"',
    '"2013-02-30T00:00:00Z"',
    '"2013-01-01T05:15:00-05:00"',
    '"9999-01-01T00:00:00Z"',
    '"2013-01-01T05:15:00\\u005a"',
  ]
  const others = [
    'null',
    'true',
    'false',
    '[]',
    '{}',
    '[1,"a",{"b":null}]',
    '{"a":1,"a":2}',
    '{"a":{"b":[]},"c":"\\t"}',
    `${'['.repeat(63)}${']'.repeat(63)}`,
  ]
  const values: Record<string, readonly string[]> = {
    s: strings,
    n: numbers,
    i: ['0', '-5', '1.0', ...numbers],
    b: ['true', 'false'],
    t: times,
    ms: ['1357017300000', '1357017300000.0', ...numbers],
    sec: ['1357017300', ...numbers],
    so: ['null', ...strings],
    no: ['null', ...numbers],
    to: ['null', ...times],
    __proto__: numbers,
  }
  const usual: Record<string, string> = {
    s: '"UA"',
    n: '3.25',
    i: '7',
    b: 'true',
    t: times[1],
    ms: '1357017300000',
    sec: '1357017300',
    so: '"x"',
    no: '1.5',
    to: times[0],
  }
  let names = ['s', 'n', 'i', 'b', 't', 'ms', 'sec', 'so', 'no', 'to']
  if (next(4) === 0) names.splice(next(10), 1)
  if (next(4) === 0) names.splice(next(10), 0, '__proto__')
  if (next(4) === 0) names.splice(next(10), 0, pick(next, ['x', 'y', `x${next(100)}`, 's', '', 'é']))
  if (next(4) === 0)
    names = names
      .map((name) => [next(1000), name] as const)
      .sort((a, b) => a[0] - b[0])
      .map(([, name]) => name)
  const blank = pick(next, ['', '', '', ' '])
  const label = (name: string): string =>
    next(40) === 0
      ? `"${[...name].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`
      : `"${name}"`
  const properties = names.map((name) => {
    const value =
      Object.hasOwn(usual, name) && next(16) > 0
        ? usual[name]
        : pick(next, next(8) > 0 && Object.hasOwn(values, name) ? values[name] : others)
    return `${label(name)}:${blank}${value}`
  })
  return `{${properties.join(`,${blank}`)}}`
}

const ALPHABET = [...encoder.encode('0123456789eE+-.,:{}[]"\\ \t\r\n/tnusbl'), 0, 1, 0x80, 0xc3, 0xa9, 0xed, 0xa0, 0xff]

export function mutate(next: (below: number) => number, bytes: Uint8Array): Uint8Array {
  for (let times = Math.max(0, next(5) - 1); times > 0; times--) {
    const at = next(bytes.length + 1)
    const from = next(bytes.length)
    const inserted = [Uint8Array.of(), Uint8Array.of(pick(next, ALPHABET)), bytes.subarray(from, from + next(7))][
      next(3)
    ]
    bytes = Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + next(3))])
  }
  return bytes
}
