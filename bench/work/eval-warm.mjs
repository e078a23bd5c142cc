// `eval` in one process, again and again over the same file: rows per CPU second once it is warm.
import { createRequire } from 'node:module'

const { evaluateTable } = createRequire(import.meta.url)('../../dist/cli/eval-command.cjs')

const [path, passes, ...rest] = process.argv.slice(2)
const flags = JSON.parse(rest[0])
const speeds = []
let accuracy = 0
for (let i = 0; i < Number(passes); i++) {
  const before = process.cpuUsage()
  const { evaluation, results } = await evaluateTable(path, flags)
  const { user, system } = process.cpuUsage(before)
  speeds.push(evaluation.records / ((user + system) / 1e6))
  accuracy = results[0].report.accuracy
}
// The first half of the passes warms up.
const warm = speeds.slice(speeds.length >> 1).sort((a, b) => a - b)
process.stdout.write(JSON.stringify({ rowsPerCpuSecond: warm[warm.length >> 1], accuracy }))
