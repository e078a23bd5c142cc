// A million keyed logistic models of 20 features in one stage, beside a bare loop over rows and a hash table in the same
// process: the absolute figures drift with the machine and what else runs on it, the ratio much less.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { line, measure, median } from './measure.mjs'

const KEYS = 1_000_000
const work = (name) => new URL(`./work/${name}.mjs`, import.meta.url).pathname

export async function keyed() {
  const results = []
  for (const [name, doubles, restoreLimit] of [
    ['plain', 21, 0.4],
    ['standardise', 21 + 40, 1.2],
  ]) {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-keyed-'))
    const run = async (script) => {
      const { out } = await measure(['--expose-gc', work(script), name, String(KEYS), folder])
      return JSON.parse(out)
    }
    const { onZipf, onUniform, bytes } = await run('keyed')
    const restores = []
    for (let i = 0; i < 3; i++) restores.push(await run('keyed-restore'))
    const restoreS = median(restores.map((restore) => restore.restoreS))
    const restoreRatio = median(restores.map((restore) => restore.restoreRatio))
    rmSync(folder, { recursive: true })
    const limit = 1.5 * doubles * 8 + 64
    const perKey = bytes / KEYS
    const speed = ({ ours, ratio }) => `${(ours / 1e6).toFixed(2)} M/s ${ratio.toFixed(2)} x`
    results.push(
      line(
        `10^6 models, ${name}: memory a key`,
        `${perKey.toFixed(0)} B`,
        `<= 1.5 x payload + 64 = ${limit} B`,
        perKey <= limit,
      ),
      line(
        `10^6 models, ${name}: records on zipf keys, CPU, x bare loop`,
        speed(onZipf),
        '>= 1 M/s',
        onZipf.ours >= 1e6,
      ),
      line(
        `10^6 models, ${name}: records on uniform keys, CPU, x bare loop`,
        speed(onUniform),
        '>= 0.6 M/s',
        onUniform.ours >= 0.6e6,
      ),
      line(
        `10^6 models, ${name}: restore, CPU, time of the bare one`,
        `${restoreS.toFixed(2)} s ${restoreRatio.toFixed(2)} x`,
        `<= ${restoreLimit} s`,
        restoreS <= restoreLimit,
      ),
    )
  }
  return results.every(Boolean)
}
