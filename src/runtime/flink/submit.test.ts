import { strToU8, zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { csv, jsonl } from '../../connectors/file/index.ts'
import { stdout } from '../../connectors/stdout/index.ts'
import { number, record } from '../../formats/schema.ts'
import { pipeline } from '../../stream/pipeline.ts'
import { type Answers, flinkServer } from './flink-server.fixture.ts'
import { FlinkRest } from './rest.ts'
import { submitJob } from './submit.ts'

const host = zipSync({ 'META-INF/MANIFEST.MF': strToU8('Main-Class: Main\n') })
const bundle = { code: 'var __millrace = {}', globalName: '__millrace' }
const toFile = pipeline('clicks', ({ from }) =>
  from('raw', csv('a.csv', record({ x: number() }))).to('rows', jsonl('o')),
)
const { plan } = toFile.program()

const cluster: Answers = {
  'GET /overview': { body: { 'flink-version': '2.2.1' } },
  'POST /jars/upload': { body: { filename: '/tmp/u_clicks.jar' } },
  'POST /jars/u_clicks.jar/run': { body: { jobid: 'j' } },
  'DELETE /jars/u_clicks.jar': { body: {} },
}

test('a job goes up, runs, and leaves no jar behind', async () => {
  const { url, asked } = await flinkServer(cluster)
  const submission = { bundle, plan, host, parallelism: 2, fromSavepoint: '/sp' }
  expect(await submitJob(new FlinkRest(url), submission)).toBe('j')
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual(Object.keys(cluster))
  expect(JSON.parse(asked[2].body)).toEqual({ parallelism: 2, savepointPath: '/sp' })
})

test('what the cluster refuses is said in its words, and the jar is taken back', async () => {
  const errors = ['<Exception on server side:\njava.io.FileNotFoundException: Cannot find savepoint.\n\tat a.B']
  const answers = { ...cluster, 'POST /jars/u_clicks.jar/run': { status: 500, body: { errors } } }
  const { url, asked } = await flinkServer(answers)
  await expect(submitJob(new FlinkRest(url), { bundle, plan, host })).rejects.toThrow(
    /^ML_FLINK_REST: Flink refuses the job: FileNotFoundException: Cannot find savepoint at/,
  )
  expect(asked.at(-1)?.method).toBe('DELETE')
})

test('nothing is sent of what cannot run there', async () => {
  const { url, asked } = await flinkServer(cluster)
  const rest = new FlinkRest(url)
  const printing = pipeline('p', ({ from }) => from('r', csv('a', record({ x: number() }))).to('s', stdout()))
  await expect(submitJob(rest, { bundle, plan: printing.program().plan, host })).rejects.toThrow(/^ML_NOT_ON_FLINK/)
  await expect(submitJob(rest, { bundle, plan, host, parallelism: 129 })).rejects.toThrow(/^ML_RANGE/)
  expect(asked).toEqual([])
})

test.each(['1.17.2', '2.0.1'])('Flink %s is refused before the jar goes up', async (version) => {
  const { url, asked } = await flinkServer({ 'GET /overview': { body: { 'flink-version': version } } })
  await expect(submitJob(new FlinkRest(url), { bundle, plan, host })).rejects.toThrow(/^ML_FLINK_REST: .*version/)
  expect(asked).toHaveLength(1)
})
