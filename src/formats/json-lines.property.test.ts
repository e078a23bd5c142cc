import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DecoderState } from './decoder.ts'
import { All, decodeAll, generator, lineOf, mutate, pick } from './json-lines.fixture.ts'
import { BLANK, referenceJsonLines, referenceLine } from './json-lines.reference.ts'
import { jsonDecoder } from './json-lines.ts'
import { number, record } from './schema.ts'

const encoder = new TextEncoder()
const FEED = encoder.encode('\n')

describe('against JSON.parse', () => {
  test('100,000 mutated lines: accepted exactly when valid for the schema, with equal values', () => {
    const next = generator(20_131)
    const fatal = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const origins = Array.from({ length: 3000 }, () => encoder.encode(lineOf(next)))
    const decoder = jsonDecoder(All, { maxRecordBytes: 400 })
    decoder.push(FEED) // so that no mutant comes first, where a byte order mark may stand
    let accepted = 0
    let lines = 0
    while (lines < 100_000) {
      const mutant = mutate(next, pick(next, origins))
      decoder.push(mutant)
      decoder.push(FEED)
      let start = 0
      for (let end = 0; end <= mutant.length; end++) {
        if (end < mutant.length && mutant[end] !== 10) continue
        const line = mutant.subarray(start, end)
        start = end + 1
        const expected = referenceLine(line, All, 400)
        if (expected === BLANK) continue
        lines++
        if (!decoder.next()) throw new Error('a line is missing')
        const actual = decoder.rejected ? { code: decoder.rejection.code } : decoder.record
        const codesMayDiffer = decoder.rejected && (expected as { code?: string }).code !== undefined
        if (!codesMayDiffer && !isDeepStrictEqual(actual, expected)) {
          throw new Error(
            `${JSON.stringify(Buffer.from(line).toString('latin1'))}: ${JSON.stringify([actual, decoder.rejection, expected])}`,
          )
        }
        if (decoder.rejected) continue
        accepted++
        const parsed = JSON.parse(fatal.decode(line)) as Record<string, unknown> // throws where we accepted too much
        for (const name of ['s', 'n', 'i', 'b', 'ms']) {
          if (!Object.is(parsed[name], (actual as Record<string, unknown>)[name]) && parsed[name] !== 0)
            throw new Error(`${name} of ${fatal.decode(line)}`)
        }
      }
      if (decoder.next()) throw new Error('a line too many')
    }
    expect(accepted).toBeGreaterThan(20_000)
    expect(lines - accepted).toBeGreaterThan(20_000)
  }, 60_000)
})

describe('number literals', () => {
  test('are read as JSON.parse reads them, at every length and place of the point', () => {
    const Number1 = record({ n: number() })
    const digits = (max: number): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: max })
    const literal = fc
      .tuple(
        fc.constantFrom('', '-'),
        digits(20),
        fc.option(digits(20)),
        fc.option(fc.tuple(fc.constantFrom('', '+', '-'), digits(3))),
      )
      .map(([sign, whole, fraction, exponent]) => {
        const integral = whole.replace(/^0+(?=.)/, '')
        return `${sign}${integral}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent.join('')}`}`
      })
    const decoder = jsonDecoder(Number1)
    fc.assert(
      fc.property(literal, (text) => {
        decoder.push(encoder.encode(`{"n":${text}}\n`))
        const value = Number(text)
        const lost = !Number.isFinite(value) || (/^-?\d+$/.test(text) && BigInt(text) !== BigInt(value))
        return decoder.next() && decoder.rejected === lost && (lost || Object.is(decoder.record.n, value))
      }),
      { numRuns: 20_000 },
    )
  })
})

describe('chunks and resuming', () => {
  const next = generator(7)
  const document = fc.integer({ min: 1 }).map((seed) => {
    const random = generator(seed)
    const parts: Uint8Array[] = random(3) === 0 ? [Uint8Array.of(0xef, 0xbb, 0xbf)] : []
    for (let i = random(12); i >= 0; i--) {
      const line = encoder.encode(lineOf(random))
      parts.push(
        random(3) === 0 ? mutate(random, line) : line,
        encoder.encode(pick(random, ['\n', '\n', '\r\n', '\n\n', '\n \n', random(9) === 0 ? ' '.repeat(300) : '\n'])),
      )
    }
    if (random(2) === 0) parts.pop()
    return Uint8Array.from(parts.flatMap((part) => [...part]))
  })

  function chunked(bytes: Uint8Array, from: number): Uint8Array[] {
    const chunks: Uint8Array[] = []
    const most = pick(next, [1, 3, 50, 1000])
    for (let at = from; at < bytes.length; ) {
      const size = next(most + 1)
      chunks.push(bytes.subarray(at, at + size))
      at += size
    }
    return chunks
  }

  test('change nothing: any chunks and any point of resuming give the pieces of the plain reader', () => {
    fc.assert(
      fc.property(document, fc.constantFrom(150, 250, 1000), (bytes, maxRecordBytes) => {
        const options = { maxRecordBytes }
        const whole = decodeAll(All, options, [bytes])
        const plain = referenceJsonLines(bytes, All, maxRecordBytes)
        expect(whole.pieces.map(({ position, consumed, row }) => ({ position, consumed, row }))).toEqual(
          plain.map(({ outcome: _, ...rest }) => rest),
        )
        whole.pieces.forEach(({ outcome, reason: why }, i) => {
          if (why === undefined) expect(isDeepStrictEqual(outcome, plain[i].outcome)).toBe(true)
          else expect(plain[i].outcome).toEqual({ code: expect.any(String) })
          expect((outcome as { code?: string }).code === 'ML_RECORD_SIZE').toBe(
            (plain[i].outcome as { code?: string }).code === 'ML_RECORD_SIZE',
          )
        })
        const inChunks = decodeAll(All, options, chunked(bytes, 0))
        expect(isDeepStrictEqual(inChunks, whole)).toBe(true)
        const at = next(whole.states.length)
        const state = JSON.parse(JSON.stringify(whole.states[at])) as DecoderState
        const resumed = decodeAll(All, options, chunked(bytes, state.consumed), state)
        expect(isDeepStrictEqual(resumed.pieces, whole.pieces.slice(at))).toBe(true)
      }),
      { numRuns: 400 },
    )
  })
})
