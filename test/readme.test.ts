// What the README shows is what there is.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { transform } from 'esbuild'
import { describe, expect, test } from 'vitest'

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8')

describe('the README', () => {
  const readme = read('README.md')

  test('shows the example as it is, laid out more tightly', async () => {
    const shown = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? ''
    expect(await bare(shown)).toBe(await bare(read('examples/flight-delays.ts')))
  })

  test('links to files that are there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path)
    expect(links.length).toBeGreaterThan(3)
    for (const path of links) expect(existsSync(new URL(`../${path}`, import.meta.url)), path).toBe(true)
  })
})

/** Without comments and white space. */
async function bare(code: string): Promise<string> {
  return (await transform(code, { loader: 'ts', minifyWhitespace: true, legalComments: 'none' })).code
}
