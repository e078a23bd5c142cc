/**
 * `npm run mutations`: breaks the code at chosen places, one after another, in a copy of the tree, and runs the test files
 * that are to notice. Ends with 0 when every break makes some test fail, and tests pass where nothing is broken.
 *
 *   npm run mutations                all of them, about five minutes
 *   npm run mutations -- 3 7         these
 *   npm run mutations -- --write     all, and puts what failed into docs/mutations.md
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import './bootstrap.mjs'
import { mutations } from './mutation-list.mjs'
import { repository } from './repository.mjs'

const LEFT_OUT = ['.git', 'node_modules', 'dist', 'out', '.cache', '.millrace', 'coverage']

const given = process.argv.slice(2)
const write = given.includes('--write')
const numbers = given.filter((argument) => argument !== '--write').map(Number)
if (numbers.some((number) => !(number >= 1 && number <= mutations.length))) {
  console.error(`mutations: give numbers from 1 to ${mutations.length}, or none for all`)
  process.exit(2)
}
const chosen = mutations.map((mutation, i) => ({ ...mutation, number: i + 1 }))
const wanted = numbers.length === 0 ? chosen : chosen.filter(({ number }) => numbers.includes(number))

const copy = mkdtempSync(join(tmpdir(), 'millrace-mutations-'))
process.on('exit', () => rmSync(copy, { recursive: true, force: true }))
cpSync(repository, copy, {
  recursive: true,
  filter: (path) => !LEFT_OUT.includes(relative(repository, path).split('/')[0]),
})
symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'))

let missed = 0
const before = failing([...new Set(wanted.flatMap(({ tests }) => tests))], false)
if (before.length > 0) {
  console.error(`mutations: these tests fail already where nothing is broken:\n  ${before.join('\n  ')}`)
  process.exit(1)
}
const rows = []
for (const { number, what, file, find, replace, tests } of wanted) {
  const path = join(copy, file)
  const code = readFileSync(path, 'utf8')
  if (code.split(find).length !== 2) {
    console.error(`${number}. ${what}: the place in ${file} is not there once any more; mend the list`)
    missed++
    continue
  }
  writeFileSync(
    path,
    code.replace(find, () => replace),
  )
  const [first] = failing(tests, true)
  writeFileSync(path, code)
  console.log(`${number}. ${what}\n   ${first === undefined ? 'NOT NOTICED' : first}`)
  if (first === undefined) missed++
  rows.push(`| \`${file}\` | ${what} | ${first ?? 'none'} |`)
}
if (write && numbers.length === 0) writeFileSync(join(repository, 'docs/mutations.md'), page())
console.log(`\n${wanted.length - missed} of ${wanted.length} noticed`)
process.exitCode = missed === 0 ? 0 : 1

/** Titles of the tests that fail, each behind its file. A file that cannot be loaded counts as one. */
function failing(tests, bail) {
  const results = join(copy, 'results.json')
  rmSync(results, { force: true })
  const args = ['run', '--reporter=json', `--outputFile=${results}`, ...(bail ? ['--bail=1'] : []), ...tests]
  const data = process.env.MILLRACE_DATA ?? join(repository, '../shared/data')
  const env = { ...process.env, MILLRACE_DATA: data }
  spawnSync(join(copy, 'node_modules/.bin/vitest'), args, { cwd: copy, env, stdio: 'ignore' })
  const { testResults } = JSON.parse(readFileSync(results, 'utf8'))
  return testResults.flatMap(({ name, status, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed').map((test) => test.fullName)
    if (status === 'failed' && failed.length === 0) failed.push('(does not load)')
    return failed.map((title) => `${relative(copy, name)}: ${title}`)
  })
}

function page() {
  return `# What breaks when the code does

A test that cannot fail is worth nothing. \`npm run mutations\` breaks the code at these places, one after another, in a
copy of the tree, and runs the tests named here; each break makes at least the first one fail. The page is what
\`npm run mutations -- --write\` saw last.

| place | what is broken | the first test that fails |
|---|---|---|
${rows.join('\n')}
`
}
