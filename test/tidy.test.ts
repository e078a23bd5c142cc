import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { errorTable } from '../src/errors.ts'
import { reachable, repository, sourceFiles } from './source-files.ts'

const files = sourceFiles()
const own = files.filter((file) => !file.forTests)

describe('the house is tidy', () => {
  test('no file is longer than 400 lines: past that there is a second noun in it', () => {
    const long = files
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > 400)
    expect(long).toEqual([])
  })

  test('every file is used by an entry point of the package, or by a test where it is made for tests', () => {
    const used = reachable(own, entryPoints())
    expect(own.map((file) => file.path).filter((path) => !used.has(path))).toEqual([])
    const tests = files.filter((file) => file.path.endsWith('.test.ts')).map((file) => file.path)
    const tested = reachable(files, tests)
    expect(files.filter((file) => file.forTests && !tested.has(file.path)).map((file) => file.path)).toEqual([])
  })

  test('no work is left as a note in the code', () => {
    const noted = files.flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, index) => (/\b(?:TODO|FIXME|XXX)\b/.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
    )
    expect(noted).toEqual([])
  })
})

describe('the error table', () => {
  test('is sorted by code', () => {
    const codes = Object.keys(errorTable)
    expect(codes).toEqual([...codes].sort())
  })

  test('has no code that nothing raises', () => {
    const raised = new Set(
      own
        .filter(({ path }) => path !== 'src/errors.ts')
        .flatMap(({ code }) => code.map((token) => token.text.slice(1, -1)))
        .concat(hostCodes()),
    )
    expect(Object.keys(errorTable).filter((code) => !raised.has(code))).toEqual([])
  })

  test('has every code that the Java host raises, so that its errors are told as ours', () => {
    expect(hostCodes().filter((code) => !Object.hasOwn(errorTable, code))).toEqual([])
  })

  test('is what docs/errors.md says', () => {
    const check = spawnSync(process.execPath, ['scripts/docs-errors.mjs', '--check'], {
      cwd: repository,
      encoding: 'utf8',
    })
    expect(check.stderr).toBe('')
    expect(check.status).toBe(0)
  })
})

/** Codes that stand in the sources of the host, as a text each. */
function hostCodes(): string[] {
  const folder = `${repository}/flink/host/src/main/java/io/millrace/flink`
  return readdirSync(folder).flatMap((name) =>
    [...readFileSync(`${folder}/${name}`, 'utf8').matchAll(/"(ML_[A-Z_]*[A-Z])"/g)].map(([, code]) => code),
  )
}

/** The sources behind the package's exports and programs. */
function entryPoints(): string[] {
  const manifest = JSON.parse(readFileSync(`${repository}/package.json`, 'utf8'))
  const named = JSON.stringify([manifest.exports, manifest.bin]).match(/\.\/dist\/[^"]+\.c?js/g) ?? []
  return named.map((path) => path.replace('./dist/', 'src/').replace(/\.c?js$/, '.ts'))
}
