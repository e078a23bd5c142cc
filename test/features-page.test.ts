// What docs/features.md shows is what there is.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { transform } from 'esbuild'
import * as millrace from 'millrace'
import { expect, test } from 'vitest'
import { createLearner } from '../src/learn/create-learner.ts'
import type { LearnerSpec } from '../src/learn/learner.ts'

const page = readFileSync(fileURLToPath(new URL('../docs/features.md', import.meta.url)), 'utf8')

test('the example on the page about features is a model', async () => {
  const shown = /```ts\n(.*?)```/s.exec(page)?.[1] ?? ''
  const { code } = await transform(shown, { loader: 'ts', format: 'cjs' })
  const module = { exports: {} as { model?: LearnerSpec } }
  new Function('require', 'module', 'exports', code)(() => millrace, module, module.exports)
  const learner = createLearner(module.exports.model as LearnerSpec)
  expect(learner.numericNames).toEqual([
    'price',
    'weight',
    'mean(seller)',
    'price×weight',
    'price×mean(seller)',
    'weight×mean(seller)',
  ])
})

test('the page about features has a line for each transformer', () => {
  const lines = page.split('\n').filter((line) => line.startsWith('| `'))
  const transformers =
    'imputer interactions minMax polynomial randomFourier robustScaler standardScaler targetEncoding tfidf'
  for (const name of transformers.split(' ')) {
    expect(millrace).toHaveProperty(name)
    expect(
      lines.some((line) => line.includes(`\`${name}(`)),
      name,
    ).toBe(true)
  }
})
