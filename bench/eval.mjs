// `millrace eval` and the learner inside it, against Vowpal Wabbit, River and a C loop in the same run.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { line, measure, median } from './measure.mjs'
import { peers } from './peers.mjs'

const work = (name) => fileURLToPath(new URL(`./work/${name}`, import.meta.url))
const data = process.env.MILLRACE_DATA ?? fileURLToPath(new URL('../../shared/data', import.meta.url))
const cli = fileURLToPath(new URL('../dist/cli/main.cjs', import.meta.url))

const PAGE_BYTES = 4096
/** Of the environments that whole processes are measured in. */
const SIZE_STEP = 96

const tables = {
  electricity: { flags: { label: 'class', model: 'logistic' }, vw: 2.5, river: 40, digits: 0.83733 },
  nycflights_delayed: {
    flags: { label: 'delayed', model: 'logistic', categorical: 'dow', drop: 'ts' },
    vw: 2.5,
    river: 150,
    digits: 0.70706,
  },
}

export async function evaluation({ folder, rounds = 3 }) {
  if (!existsSync(join(data, 'electricity.csv.gz'))) throw new Error(`the data is not in ${data}; set MILLRACE_DATA`)
  const held = []
  for (const features of [20, 54]) held.push(await dense(features, rounds))
  for (const name of Object.keys(tables)) held.push(await warm(name, folder, rounds))
  for (const gz of [false, true]) held.push(await whole('nycflights_delayed', gz, folder))
  held.push(await json(folder))
  for (const features of [10, 50]) held.push(await bayes(features, rounds + 2))
  return held.every(Boolean)
}

/** JSON lines with a schema: bytes to prediction. */
async function json(folder) {
  const { out } = await measure([work('json-predict.mjs'), join(folder, 'lines.jsonl'), '100000'])
  const { ratio, bare, ours } = JSON.parse(out)
  const speed = `${ours.toFixed(2)} of ${bare.toFixed(2)} µs`
  return line(
    'JSON lines with a schema, bytes to prediction, against parse/stringify',
    `${speed} ${ratio.toFixed(2)} x`,
    '>= 2',
    ratio >= 2,
  )
}

/** Bayesian linear regression with its variance and interval, against River's prediction and learning without them. */
async function bayes(features, rounds) {
  const ratios = []
  for (let i = 0; i < rounds; i++) {
    const river = await peers.riverBayes({ features })
    const ours = JSON.parse((await measure([work('bayes-linear.mjs'), String(features), '500', '25'])).out)
    ratios.push(ours.rowsPerCpuSecond / river.rowsPerCpuSecond)
  }
  const ratio = median(ratios)
  return line(`Bayesian linear, ${features} features, against River`, `${ratio.toFixed(1)} x`, '>= 20', ratio >= 20)
}

async function dense(features, rounds) {
  const ratios = []
  for (let i = 0; i < rounds; i++) {
    const c = await peers.ceiling({ features, rows: 500, passes: 101 })
    const ours = JSON.parse((await measure([work('dense-logistic.mjs'), String(features), '500', '0', '101'])).out)
    ratios.push(ours.rowsPerCpuSecond / c.rowsPerCpuSecond)
  }
  const ratio = median(ratios)
  return line(
    `logistic, ${features} dense features in memory, against C -O3`,
    ratio.toFixed(2),
    '>= 0.55',
    ratio >= 0.55,
  )
}

async function warm(name, folder, rounds) {
  const { flags, vw: vwLimit, river: riverLimit, digits } = tables[name]
  const plain = plainFile(name, folder)
  const againstVw = []
  const speeds = []
  for (let i = 0; i < rounds; i++) {
    const vw = await peers.vw(name, { options: '--loss_function logistic --binary', runs: 1 })
    const passes = name === 'electricity' ? '80' : '16'
    const ours = JSON.parse((await measure([work('eval-warm.mjs'), plain, passes, JSON.stringify(flags)])).out)
    if (ours.accuracy.toFixed(5) !== String(digits))
      throw new Error(`${name}: accuracy ${ours.accuracy}, not ${digits}`)
    speeds.push(ours.rowsPerCpuSecond)
    againstVw.push(ours.rowsPerCpuSecond / vw.rowsPerCpuSecond)
  }
  const river = await peers.river(name, { rows: 50_000 })
  const [byVw, byRiver] = [median(againstVw), median(speeds) / river.rowsPerCpuSecond]
  const speed = `${(median(speeds) / 1e6).toFixed(2)} M/s`
  return [
    line(
      `eval, warm, ${name}: against Vowpal Wabbit`,
      `${speed} ${byVw.toFixed(2)} x`,
      `>= ${vwLimit}`,
      byVw >= vwLimit,
    ),
    line(`eval, warm, ${name}: against River`, `${byRiver.toFixed(0)} x`, `>= ${riverLimit}`, byRiver >= riverLimit),
  ].every(Boolean)
}

/**
 * The whole process, start-up included, against what Vowpal Wabbit takes once its interpreter has started: the middle of
 * rounds in environments of different sizes. A stack begins where they end, and Vowpal Wabbit is up to a fifth faster or
 * slower for it; with one size the figure would depend on the shell (Mytkowicz et al. 2009, "Producing wrong data
 * without doing anything obviously wrong!").
 */
async function whole(name, gz, folder) {
  const { label, model, categorical, drop } = tables[name].flags
  const path = gz ? join(data, `${name}.csv.gz`) : plainFile(name, folder)
  const flags = ['--label', label, '--model', model, '--categorical', categorical, '--drop', drop, '--json']
  const ratios = []
  for (let size = 0; size < PAGE_BYTES; size += SIZE_STEP) {
    process.env.MILLRACE_BENCH_PADDING = 'x'.repeat(size)
    const vw = await peers.vw(name, { options: '--loss_function logistic --binary', gz, runs: 1 })
    const { cpu } = await measure([cli, 'eval', path, ...flags])
    ratios.push(vw.cpuSeconds / cpu)
  }
  delete process.env.MILLRACE_BENCH_PADDING
  const ratio = median(ratios)
  const what = `eval, whole process, ${name}${gz ? '.csv.gz' : ''}: against Vowpal Wabbit`
  return line(what, `${ratio.toFixed(2)} x`, '>= 1.5', ratio >= 1.5)
}

function plainFile(name, folder) {
  const path = join(folder, `${name}.csv`)
  if (!existsSync(path)) writeFileSync(path, gunzipSync(readFileSync(join(data, `${name}.csv.gz`))))
  return path
}
