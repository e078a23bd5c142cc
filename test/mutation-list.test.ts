// The places where `npm run mutations` breaks the code are still there.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from './source-files.ts'

interface Mutation {
  readonly what: string
  readonly file: string
  readonly find: string
  readonly tests: readonly string[]
}

test('every place that is broken on purpose is in its file once, and has tests', async () => {
  const list: string = new URL('../scripts/mutation-list.mjs', import.meta.url).href
  const { mutations } = (await import(list)) as { mutations: readonly Mutation[] }
  expect(mutations.length).toBeGreaterThan(10)
  for (const { what, file, find, tests } of mutations) {
    expect([what, readFileSync(join(repository, file), 'utf8').split(find).length - 1]).toEqual([what, 1])
    expect(tests.filter((path) => !existsSync(join(repository, path)))).toEqual([])
  }
})
