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
import { repository } from './repository.mjs'

/** `find` occurs once in `file`. */
const mutations = [
  {
    what: 'the folder is not synced after a file got its name',
    file: 'src/storage/atomic-write.ts',
    find: '    await storage.fsyncFolder(dirname(path))\n',
    replace: '    dirname(path)\n',
    tests: ['test/power-cut.test.ts'],
  },
  {
    what: 'sinks are committed before the manifest is written',
    file: 'src/runtime/local/checkpointer.ts',
    find: '      manifest = await writer.commit({\n',
    replace: '      await sinks.commit(id, await prepared)\n      manifest = await writer.commit({\n',
    tests: ['test/faults/power.test.ts'],
  },
  {
    what: 'the snapshot of a model forgets its dictionary of categories',
    file: 'src/operators/global-model.ts',
    find: '    encoder.snapshot(features)\n',
    replace: '    new FeatureEncoder(encoder.spec).snapshot(features)\n',
    tests: ['test/edited-pipeline.test.ts'],
  },
  {
    what: 'the snapshot forgets the quality of models',
    file: 'src/operators/quality.ts',
    find: '        if (group === this.#home) writer.raw(bytes.view())\n',
    replace: '',
    tests: ['test/restore-drill.test.ts'],
  },
  {
    what: 'the snapshot forgets the records held back for the watermark',
    file: 'src/stage/stage.ts',
    find: '    const held = this.#capturedRecords()\n',
    replace: '    const held = new Map<string, ((writer: ByteWriter) => void)[]>()\n',
    tests: ['test/restore-drill.test.ts'],
  },
  {
    what: 'the snapshot forgets timers',
    file: 'src/stage/stage.ts',
    find: '    const timers = this.#timers.capture()\n',
    replace: '    const timers = new Map<string, ((writer: ByteWriter) => void)[]>()\n',
    tests: ['test/restore-drill.test.ts'],
  },
  {
    what: 'a duplicate label is learned',
    file: 'src/operators/predict.ts',
    find: '    if (row.status === WAITING) {\n      pending.load(',
    replace: '    if (row.status !== EARLY) {\n      pending.load(',
    tests: ['test/faults/label.test.ts'],
  },
  {
    what: 'recovery does not cut the open part back',
    file: 'src/connectors/file/sink-recovery.ts',
    find: '    if (cut.bytes > 0 && size > cut.bytes) await cutBack(',
    replace: '    if (cut.bytes > 1e12) await cutBack(',
    tests: ['test/power-cut.test.ts', 'src/connectors/file/sink-recovery.test.ts'],
  },
  {
    what: 'labels come before records of the same time',
    file: 'src/stream/plan-stages.ts',
    find: 'vertex.inputs.map((edge, input) => ({ uid: vertex.uid, input, edge }))',
    replace: 'vertex.inputs.map((edge, input) => ({ uid: vertex.uid, input, edge })).reverse()',
    tests: ['test/faults/label.test.ts'],
  },
  {
    what: 'lateness is judged by the largest time seen, not by the watermark',
    file: 'src/stage/source-task.ts',
    find: '    if (this.clock.isLate(time)) {\n',
    replace: '    if (time < this.#maxTime) {\n',
    tests: ['test/faults/label.test.ts'],
  },
  {
    what: 'predictions are made with a standardiser that has seen the record',
    file: 'src/learn/linear/linear-learner.ts',
    find: 'probabilityOf(step[SCORE_BEFORE] + ',
    replace: 'probabilityOf(step[SCORE] + ',
    tests: ['test/electricity.test.ts', 'src/learn/linear/logistic.test.ts'],
  },
  {
    what: 'key groups follow another rule than Flink’s',
    file: 'src/state/key-groups.ts',
    find: '  return flinkHash(hash) % keyGroups\n',
    replace: '  return (flinkHash(hash) >>> 3) % keyGroups\n',
    tests: ['src/state/key-groups.test.ts'],
  },
  {
    what: 'a record that a function refuses keeps what it had stored',
    file: 'src/operators/process.ts',
    find: '    } catch (thrown) {\n',
    replace: '    } catch (thrown) {\n      if (this.#written) this.#store(key.group)\n',
    tests: ['test/faults/state.test.ts'],
  },
  {
    what: 'an fsync that fails is taken for one that worked',
    file: 'src/connectors/file/sink-writer.ts',
    find: '      if (this.#failure === undefined) await file?.fsync()\n',
    replace: '      if (this.#failure === undefined) await file?.fsync().catch(() => {})\n',
    tests: ['test/disk-faults.test.ts', 'test/faults/power.test.ts'],
  },
  {
    what: 'slow sinks do not hold the sources back',
    file: 'src/runtime/local/engine.ts',
    find: '    if (this.sinks.pendingBytes > SINK_PENDING_BYTES) {\n',
    replace: '    if (this.sinks.pendingBytes > 1000 * SINK_PENDING_BYTES) {\n',
    tests: ['test/back-pressure.test.ts'],
  },
  {
    what: 'sinks are opened before the plan is compared with the checkpoint',
    file: 'src/runtime/local/engine.ts',
    find: '    if (restored !== undefined) restoreStages(',
    replace:
      '    await (await openSinks(program.plan, connectors, base, restored?.manifest)).close()\n' +
      '    if (restored !== undefined) restoreStages(',
    tests: ['test/edited-pipeline.test.ts'],
  },
]

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
