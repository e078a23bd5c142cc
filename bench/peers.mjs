// The peers that Millrace is measured against, each in a process of its own: Vowpal Wabbit, River, a C loop.
// `sh bench/peers.sh` installs them; a bench that finds none fails and says so. Speeds are rows per CPU second.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const scripts = fileURLToPath(new URL('./peers/', import.meta.url))
const cache = process.env.MILLRACE_PEERS ?? fileURLToPath(new URL('../.cache/peers', import.meta.url))

/** Runs a program of the peers that prints one JSON object. */
async function run(program, args) {
  const path = join(cache, program)
  if (!existsSync(path)) throw new Error(`the peers are not installed: ${path} is missing; run: sh bench/peers.sh`)
  const { stdout } = await promisify(execFile)(path, args, { maxBuffer: 1 << 20 })
  return JSON.parse(stdout)
}

const python = (script, ...args) => run('venv/bin/python', [join(scripts, script), ...args.map(String)])

/** Several runs, each in a fresh process; the one in the middle by CPU seconds. */
async function middle(runs, once) {
  const figures = []
  for (let i = 0; i < runs; i++) figures.push(await once())
  return figures.sort((a, b) => a.cpuSeconds - b.cpuSeconds)[runs >> 1]
}

const limit = (rows) => (rows === undefined ? [] : ['--rows', rows])

export const peers = {
  /** Whether all of them are installed. */
  installed: () => ['venv/bin/python', 'ceiling'].every((program) => existsSync(join(cache, program))),

  /**
   * Vowpal Wabbit from its own text: `cpuSeconds` is the workspace's life, `processCpuSeconds` the whole process,
   * `startUpCpuSeconds` what Python took of it before Vowpal Wabbit began.
   * @param {string} dataset a name of bench/peers/datasets.py
   * @param {{ options?: string, rows?: number, gz?: boolean, runs?: number }} [options] `options` are Vowpal Wabbit's
   * @returns {Promise<{ rows: number, loss: number, accuracy?: number, rmse?: number, cpuSeconds: number,
   *   startUpCpuSeconds: number, processCpuSeconds: number, rowsPerCpuSecond: number, options: string }>}
   */
  async vw(dataset, { options = '', rows, gz = false, runs = 3 } = {}) {
    const args = [dataset, ...limit(rows), ...(gz ? ['--gz'] : [])]
    await python('vw.py', ...args, '--text') // the text is made outside of what is measured
    return middle(runs, () => python('vw.py', ...args, ...(options ? ['--', options] : [])))
  },

  /**
   * River from the CSV file: iter_csv, StandardScaler and OneHotEncoder, LogisticRegression(SGD(0.01)).
   * @param {string} dataset electricity, nycflights_delayed or another of two classes
   * @param {{ rows?: number, runs?: number }} [options]
   * @returns {Promise<{ rows: number, accuracy: number, cpuSeconds: number, rowsPerCpuSecond: number }>}
   */
  river: (dataset, { rows, runs = 1 } = {}) =>
    middle(runs, () => python('river_peers.py', 'csv', dataset, ...limit(rows))),

  /**
   * River's BayesianLinearRegression, predict and learn, over rows in memory.
   * @param {{ features: number, rows?: number, runs?: number }} options
   * @returns {Promise<{ rows: number, features: number, mae: number, cpuSeconds: number, rowsPerCpuSecond: number }>}
   */
  riverBayes: ({ features, rows, runs = 1 }) =>
    middle(runs, () => python('river_peers.py', 'bayes', '--features', features, ...limit(rows))),

  /**
   * The C loop: logistic, SGD 0.01, test-then-train over dense doubles in memory; the median of its passes.
   * @param {{ features: number, rows?: number, standardise?: boolean, passes?: number }} options
   * @returns {Promise<{ rows: number, features: number, accuracy: number, cpuSeconds: number, rowsPerCpuSecond: number }>}
   */
  ceiling: ({ features, rows = 200_000, standardise = false, passes = 5 }) =>
    run('ceiling', [features, rows, standardise ? 1 : 0, passes].map(String)),
}
