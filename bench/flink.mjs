// On a Flink cluster of its own: a stage in V8 against the same operator in Java, a file through to a file against the embedded
// engine, what a second subtask costs, and latency. CPU seconds; the first job of each kind warms the cluster up.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { line, measure, median } from './measure.mjs'
import { EVENTS_DRIFT_MS, FlinkJobs, writeEvents } from './work/flink-jobs.mjs'

const path = (relative) => new URL(relative, import.meta.url).pathname
const RECORDS = 3_000_000
const ROUNDS = 3

export async function flink({ folder }) {
  const jar = benchJar()
  const jobs = await FlinkJobs.start(join(folder, 'cluster'))
  try {
    const results = [
      ...(await stage(jobs, jar)),
      await throughout(jobs, folder),
      await wider(jobs, folder),
      await latency(jobs, jar),
    ]
    return results.every(Boolean)
  } finally {
    await jobs.stop()
  }
}

function benchJar() {
  const pom = path('../flink/bench/pom.xml')
  const { status } = spawnSync('mvn', ['-q', '-B', '-f', pom, '-DskipTests', 'package'], { stdio: 'inherit' })
  if (status !== 0) throw new Error('mvn could not build flink/bench; it and a JDK 17 are needed')
  return path('../flink/bench/target/millrace-flink-bench.jar')
}

async function stage(jobs, jar) {
  const lines = []
  for (const [mode, how] of [
    ['chained', 'chained'],
    ['exchanged', 'after an exchange by key'],
  ]) {
    const runs = []
    for (let i = 0; i < ROUNDS; i++)
      runs.push(await jobs.measure(path('./work/flink-keyed.ts'), jar, [mode, String(RECORDS)]))
    const [v8, java] = ['v8', 'java'].map((name) => median(runs.map((run) => run[name])) / 1000)
    const ratio = median(runs.map((run) => run.java / run.v8))
    lines.push(
      line(
        `stage in V8 / same in Java, ${how}: ${v8.toFixed(0)} / ${java.toFixed(0)} ns`,
        ratio.toFixed(2),
        '>= 0.8',
        ratio >= 0.8,
      ),
    )
  }
  const plain = []
  for (let i = 0; i < ROUNDS; i++)
    plain.push((await jobs.measure(path('./work/flink-keyed.ts'), jar, ['plain', String(RECORDS)])).plain)
  console.log(
    `        the same after keyBy as a Flink user writes it in Java, POJOs and keyed state: ${(median(plain) / 1000).toFixed(0)} ns`,
  )
  return lines
}

/** The demo, a year of flights. */
async function throughout(jobs, folder) {
  const base = join(folder, 'flights')
  rmSync(base, { recursive: true, force: true })
  mkdirSync(base)
  cpSync(path('../examples/data'), join(base, 'data'), { recursive: true })
  const params = { departures: 'data/departures.csv.gz', landings: 'data/landings.csv.gz' }
  const example = path('../examples/flight-delays.ts')
  const given = Object.entries(params).flatMap(([name, value]) => ['--param', `${name}=${value}`])
  const embedded = []
  const onFlink = []
  for (let i = 0; i < 2; i++) await jobs.run(example, { base, params })
  for (let i = 0; i < ROUNDS; i++) {
    onFlink.push(await jobs.run(example, { base, params }))
    for (const name of ['out', '.millrace']) rmSync(join(base, name), { recursive: true, force: true })
    embedded.push((await measure([path('../dist/cli/main.cjs'), 'run', example, '--base', base, '-q', ...given])).cpu)
  }
  const ratio = median(embedded) / median(onFlink)
  return line(
    `file to file, embedded / on Flink: ${median(embedded).toFixed(1)} / ${median(onFlink).toFixed(1)} s`,
    ratio.toFixed(2),
    '>= 0.5',
    ratio >= 0.5,
  )
}

/** A model per key: what a record more costs. What further subtasks cost once, V8's compilation of their code, is no part of it. */
async function wider(jobs, folder) {
  const sizes = [300_000, 1_200_000]
  for (const records of sizes) writeEvents(join(folder, `clicks-${records}`), records)
  const perRecord = { 1: [], 2: [] }
  const once = { 1: [], 2: [] }
  for (let i = 0; i <= ROUNDS; i++) {
    for (const parallelism of [1, 2]) {
      const costs = []
      for (const records of sizes)
        costs.push(
          await jobs.run(path('./work/flink-clicks.ts'), {
            base: join(folder, `clicks-${records}`),
            parallelism,
            maxDriftMs: EVENTS_DRIFT_MS,
          }),
        )
      if (i === 0) continue
      const each = (costs[1] - costs[0]) / (sizes[1] - sizes[0])
      perRecord[parallelism].push(each * 1e6)
      once[parallelism].push(costs[0] - each * sizes[0])
    }
  }
  const [one, two] = [1, 2].map((parallelism) => median(perRecord[parallelism]))
  console.log(
    `        a job costs ${median(once[1]).toFixed(1)} s once at parallelism 1, ${median(once[2]).toFixed(1)} s at 2, beside its records`,
  )
  return line(
    `CPU per record at parallelism 2 / 1, models per key: ${two.toFixed(1)} / ${one.toFixed(1)} us`,
    (two / one).toFixed(2),
    '<= 1.2',
    two / one <= 1.2,
  )
}

async function latency(jobs, jar) {
  const runs = []
  for (let i = 0; i < ROUNDS; i++) runs.push(await jobs.measure(path('./work/flink-keyed.ts'), jar, ['latency', '15']))
  const [p50, p99] = ['p50us', 'p99us'].map((name) => median(runs.map((run) => run[name])) / 1000)
  return line(
    `latency at 10,000/s through an exchange by key, p50 ${p50.toFixed(1)} ms: p99`,
    `${p99.toFixed(1)} ms`,
    '<= 5 ms',
    p99 <= 5,
  )
}
