// What the Flink bench does on a cluster: brings one up, runs jobs, reads what they cost.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundlePipeline } from '../../dist/bundle/bundle.js'
import { evaluateBundle } from '../../dist/bundle/evaluate.js'
import { ownFile } from '../../dist/bundle/own-modules.js'
import { Xoshiro128 } from '../../dist/numeric/xoshiro128.js'
import { startCluster } from '../../dist/runtime/flink/cluster/start-cluster.js'
import { followJob } from '../../dist/runtime/flink/follow-job.js'
import { jobJar } from '../../dist/runtime/flink/job-jar.js'
import { jobSettings } from '../../dist/runtime/flink/job-settings.js'
import { FlinkRest } from '../../dist/runtime/flink/rest.js'
import { submitJob } from '../../dist/runtime/flink/submit.js'

const guestModule = ownFile('../runtime/flink/guest.ts')
const MONTH_MS = 30 * 86_400_000

/** Between two events of `writeEvents`. */
const EVENT_MS = 1000
/** What `millrace submit` lets those run ahead. */
export const EVENTS_DRIFT_MS = 10_000 * EVENT_MS

export class FlinkJobs {
  #cluster
  #rest

  static async start(home) {
    const jobs = new FlinkJobs()
    jobs.#cluster = await startCluster({ home, port: 0, taskManagers: 1, slots: 4 })
    jobs.#rest = new FlinkRest(jobs.#cluster.url)
    return jobs
  }

  stop() {
    return this.#cluster.stop()
  }

  /** Runs a pipeline from a fresh folder to its end; CPU seconds of the task manager. */
  async run(file, { base, parallelism = 1, params = {}, maxDriftMs = MONTH_MS }) {
    for (const name of ['out', '.millrace']) rmSync(join(base, name), { recursive: true, force: true })
    const bundle = await bundlePipeline(file, { guestModule })
    const { plan } = evaluateBundle(bundle).pipeline.program(params)
    const before = this.#cpu()
    const job = await submitJob(this.#rest, { bundle, plan, base, parallelism, params, maxDriftMs })
    await this.#finished(job)
    return this.#cpu() - before
  }

  /** Runs a job of the bench's own jar; its accumulators. */
  async measure(file, jar, args) {
    const bundle = await bundlePipeline(file, { guestModule })
    const { plan } = evaluateBundle(bundle).pipeline.program({})
    const settings = jobSettings('bench', bundle.globalName, { base: this.#cluster.home, flushMs: 1 })
    const whole = jobJar(readFileSync(jar), {
      'millrace/bundle.js': bundle.code,
      'millrace/plan.json': JSON.stringify(plan),
      'millrace/plan-shown.json': JSON.stringify(plan),
      'millrace/job.json': JSON.stringify(settings),
    })
    const uploaded = await this.#rest.uploadJar('bench.jar', whole)
    const job = await this.#rest.runJar(uploaded, { programArgsList: args })
    await this.#finished(job)
    const accumulators = await this.#rest.accumulators(job)
    return Object.fromEntries(accumulators.map(({ name, value }) => [name, Number(value)]))
  }

  async #finished(job) {
    const { end, reason } = await followJob(this.#rest, job)
    if (end !== 'finished') throw new Error(`the job ${end}: ${reason}`)
  }

  /** CPU seconds that the task manager has used. */
  #cpu() {
    const stat = readFileSync(`/proc/${this.#cluster.pids.taskManagers[0]}/stat`, 'utf8').split(') ')[1].split(' ')
    return (Number(stat[11]) + Number(stat[12])) / TICKS
  }
}

/** Of Linux, whatever the machine. */
const TICKS = 100

/** Two files of events with keys and 20 inputs. */
export function writeEvents(folder, records) {
  mkdirSync(folder, { recursive: true })
  const random = new Xoshiro128(12345)
  const next = () => random.nextDouble()
  for (const split of [0, 1]) {
    const rows = [`at,key,label,${Array.from({ length: 20 }, (_unused, i) => `f${i}`).join(',')}`]
    for (let i = 0; i < records / 2; i++) {
      const values = Array.from({ length: 20 }, () => (next() - 0.5).toFixed(4))
      rows.push(
        `${1_600_000_000_000 + EVENT_MS * i},user-${Math.floor(next() * 1000)},${next() > 0.5 ? 1 : 0},${values.join(',')}`,
      )
    }
    writeFileSync(join(folder, `events-${split}.csv`), `${rows.join('\n')}\n`)
  }
}
