// What is assembled from a .wat file stands beside it as a module: the package has no assembler.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from './source-files.ts'

const sources = readdirSync(join(repository, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.wat'))
  .map((path) => join('src', path.slice(0, -'.wat'.length)))

test('there are such files', () => {
  expect(sources).not.toEqual([])
})

test.each(sources)('the code of %s is what its source assembles to', (path) => {
  const { stdout, stderr } = spawnSync(process.execPath, ['scripts/wasm-code.mjs', path], {
    cwd: repository,
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(stdout).toBe(readFileSync(join(repository, `${path}-code.ts`), 'utf8'))
})
