import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { features } from '../../features/features.ts'
import { number, record, string } from '../../formats/schema.ts'
import { type AnyTransformerSpec, compose } from './compose.ts'
import { imputer } from './imputer.ts'
import { minMax } from './min-max.ts'
import { TransformerTrial } from './probe.fixture.ts'
import { polynomial } from './products.ts'
import { robustScaler } from './robust-scaler.ts'
import { standardScaler } from './standard-scaler.ts'
import { targetEncoding } from './target-encoding.ts'
import { tfidf } from './tfidf.ts'

type Named = Record<string, number | null>
type Steps = readonly (readonly [before: Named | null, after: Named])[]
interface Row {
  readonly a: number
  readonly b: number
  readonly c: number | null
  readonly place: string
  readonly text: string
}

// River 0.26.1, made by bench/peers/transformers.py; nothing is random. Tolerance 1e-12, relative.
const golden = JSON.parse(
  readFileSync(new URL('../../../test/golden/river-transformers.json', import.meta.url), 'utf8'),
) as Record<string, Steps> & { readonly rows: readonly (readonly [Row, number])[] }

const Schema = record({ a: number(), b: number(), c: number().nullable(), place: string(), text: string() })
const numbers = features(Schema).numeric('a', 'b')

function trial(inputs: { readonly spec: object }, ...transformers: AnyTransformerSpec[]): TransformerTrial {
  return new TransformerTrial(compose(inputs as typeof numbers, ...transformers))
}

function near(got: Record<string, number>, expected: Named, rename: (name: string) => string, where: string): void {
  const names = Object.keys(expected)
  expect(Object.keys(got).sort(), where).toEqual(names.map(rename).sort())
  for (const name of names) {
    const [mine, theirs] = [got[rename(name)], expected[name] ?? NaN]
    const off = Math.abs(mine - theirs)
    if (!(off <= 1e-12 * Math.max(1, Math.abs(theirs)))) expect([where, name, mine]).toEqual([where, name, theirs])
  }
}

/** Compares, record by record, what is seen before it is learned and when it is. */
function follow(made: TransformerTrial, name: string, rename: (name: string) => string = (same) => same): void {
  golden.rows.forEach(([row, y], i) => {
    const [before, after] = golden[name][i]
    const first = made.seen(row)
    // River has nothing to say before its first record, or divides infinity by itself.
    if (before !== null && !Object.values(before).includes(null)) near(first, before, rename, `${name} before ${i}`)
    near(made.learned(row, y), after, rename, `${name} after ${i}`)
  })
}

describe('transformers give the numbers of River, record by record', () => {
  it('standardScaler', () => follow(trial(numbers, standardScaler()), 'standardScaler'))
  it('minMax', () => follow(trial(numbers, minMax()), 'minMax'))
  it('robustScaler, whose quantiles are those of P²', () => follow(trial(numbers, robustScaler()), 'robustScaler'))
  it('imputer by mean', () => follow(trial(features(Schema).numeric('c'), imputer('mean')), 'imputer mean'))

  const powers = (name: string): string => {
    const factors = name.split('*')
    const bases = factors.filter((factor, i) => factors.indexOf(factor) === i)
    return bases.map((base) => base + ['', '', '²', '³'][factors.filter((f) => f === base).length]).join('×')
  }
  it('polynomial(2)', () => follow(trial(numbers, polynomial(2)), 'polynomial 2', powers))
  it('polynomial(3)', () => follow(trial(numbers, polynomial(3)), 'polynomial 3', powers))

  const words = (name: string): string => `text=${name}`
  const text = features(Schema).text('text')
  it('tfidf', () => follow(trial(text, tfidf('text')), 'tfidf', words))
  it('tfidf, not normalised', () => {
    follow(trial(text, tfidf('text', { normalise: false })), 'tfidf not normalised', words)
  })

  for (const hashBits of [undefined, 12]) {
    it(`targetEncoding, and in learning too it is the mean before the record (${hashBits ?? 'a dictionary'})`, () => {
      const places = features(Schema).categorical('place', { hashBits })
      const made = trial(places, targetEncoding('place', { prior: 3, weight: 4 }))
      golden.rows.forEach(([row, y], i) => {
        const [before, after] = golden.targetEncoding[i]
        const rename = (): string => 'mean(place)'
        near(made.seen(row), before as Named, rename, `before ${i}`)
        near(made.learned(row, y), before as Named, rename, `in learning ${i}`)
        near(made.seen(row), after, rename, `after ${i}`)
      })
    })
  }
})
