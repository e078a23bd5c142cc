// The pause of the event loop while 100 MB of state are checkpointed and records go on.
import { line, measure } from './measure.mjs'

export async function snapshot() {
  const { out } = await measure([new URL('./work/snapshot.mjs', import.meta.url).pathname])
  const { longestMs, longestCpuMs, sizeBytes, checkpoints } = JSON.parse(out)
  console.log(
    `        ${checkpoints} checkpoints of ${(sizeBytes / 1e6).toFixed(0)} MB; longest turn by the wall ${longestMs.toFixed(0)} ms, neighbours included`,
  )
  return line(
    'longest turn of the loop, checkpoints of 100 MB, CPU',
    `${longestCpuMs.toFixed(1)} ms`,
    '<= 15 ms',
    longestCpuMs <= 15,
  )
}
