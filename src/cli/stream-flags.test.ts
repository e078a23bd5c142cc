import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { setStreamFlags } from './stream-flags.ts'

let collect: (options: { type: 'minor' }) => void
let isYoung: (object: object) => boolean

beforeAll(() => {
  setFlagsFromString('--expose-gc')
  setFlagsFromString('--allow-natives-syntax')
  collect = runInNewContext('gc')
  isYoung = new Function('object', 'return %InYoungGeneration(object)') as typeof isYoung
})
afterAll(() => {
  setFlagsFromString('--no-allow-natives-syntax')
  setFlagsFromString('--allocation-site-pretenuring')
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=920')
})

/** Whether a place in the code, all of whose objects have outlived a collection again and again, still makes young ones. */
function makesYoung(): boolean {
  // Much that survives makes the nursery as large as it gets: V8 decides only then.
  const much = Array.from({ length: 1_000_000 }, (_unused, i) => [i, i, i])
  const make = new Function('i', 'return { i, next: i + 1 }') as (i: number) => object
  let under: object[] = []
  for (let round = 0; round < 200; round++) {
    under = Array.from({ length: 256 }, (_unused, i) => make(i))
    collect({ type: 'minor' })
  }
  expect([under.length, much.length]).toEqual([256, 1_000_000])
  return isYoung(make(0))
}

it('has objects made among the young ones, also where all have outlived collections, which V8 does not by itself', () => {
  expect(makesYoung()).toBe(false)
  setStreamFlags()
  expect(makesYoung()).toBe(true)
})
