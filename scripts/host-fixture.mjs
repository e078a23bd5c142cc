/**
 * `node scripts/host-fixture.mjs`: what the Java tests of the Flink host run on. For each pipeline a folder in
 * flink/host/target/fixture with the entries of a job jar (`millrace/`), made as `millrace submit` makes them, and with
 * what the embedded engine makes of it (`expected.json`), where its input is in the plan.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import './bootstrap.mjs'
import { repository } from './repository.mjs'

const { evaluateBundle } = await import('../dist/bundle/evaluate.js')
const { jobSettings } = await import('../dist/runtime/flink/job-settings.js')
const { writeMessage } = await import('../dist/formats/message.js')
const { ByteWriter } = await import('../dist/bytes/writer.js')
const { runEmbedded } = await import('../dist/testing/embedded-run.js')
const { flinkBundle } = await import('../dist/testing/flink-run.js')

const target = join(repository, 'flink/host/target/fixture')
const shared = ['timers', 'model-per-key'].map((name) => join(repository, 'test/pipelines', `${name}.ts`))
const own = ['echo', 'hard-records', 'long-records', 'readings', 'ticks'].map((name) =>
  join(repository, 'test/flink/pipelines', `${name}.ts`),
)
/** What these come to hangs on the clock, or on files that the tests write. */
const withoutExpectation = ['readings', 'ticks', 'visits']

await rm(target, { recursive: true, force: true })
for (const file of [...shared, ...own]) await makeFixture(file)
await makeFixture(join(repository, 'test/flink/pipelines/visits.ts'), {
  brokers: '127.0.0.1:1',
  prefix: 'test',
  endless: true,
})
await writeFile(join(target, 'messages.bin'), messages())

async function makeFixture(file, params = {}) {
  const name = basename(file, '.ts')
  const bundle = await flinkBundle(file)
  const { plan } = evaluateBundle(bundle).pipeline.program(params)
  const folder = join(target, name)
  await mkdir(join(folder, 'millrace'), { recursive: true })
  // V8 has one limit for all heaps of a process, so all jobs of the one test JVM ask for the same.
  const settings = jobSettings(plan.name, bundle.globalName, { base: folder, heapMb: 96, params })
  await writeFile(join(folder, 'millrace/bundle.js'), bundle.code)
  await writeFile(join(folder, 'millrace/plan.json'), JSON.stringify(plan))
  await writeFile(join(folder, 'millrace/plan-shown.json'), JSON.stringify(plan))
  await writeFile(join(folder, 'millrace/job.json'), JSON.stringify(settings))
  if (withoutExpectation.includes(name)) return
  await writeFile(join(folder, 'expected.json'), JSON.stringify(await expectation(bundle)))
}

/** Frames as the guest writes them. */
function messages() {
  const writer = new ByteWriter(256)
  const bytes = (text) => new TextEncoder().encode(text)
  const headers = [
    { name: 'größe', value: bytes('7') },
    { name: 'none', value: null },
  ]
  writeMessage({ offset: 5, timestamp: 1.6e12, key: bytes('schlüssel'), headers, value: bytes('{}') }, writer)
  writeMessage({ offset: 6, timestamp: Number.NaN, key: null, headers: [], value: null }, writer)
  writeMessage({ offset: 2 ** 50, timestamp: 0, key: bytes(''), headers: [], value: bytes('') }, writer)
  return writer.bytes.subarray(0, writer.length)
}

/** State by `uid/key group` and parts by sink, as base64. */
async function expectation(bundle) {
  const { snapshot, sinks } = await runEmbedded(bundle)
  const base64 = (bytes) => Buffer.from(bytes).toString('base64')
  return {
    state: Object.fromEntries([...snapshot].map(([place, bytes]) => [place, base64(bytes)])),
    sinks: Object.fromEntries([...sinks].map(([uid, parts]) => [uid, parts.map(base64)])),
  }
}
