// Preloaded into a measured process: writes its own resource usage to file descriptor 3 when it ends. CommonJS, because
// preloading a module would start a loader that the process may not need.
const { writeSync } = require('node:fs')

const startedAt = process.hrtime.bigint()
process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  const wall = Number(process.hrtime.bigint() - startedAt) / 1e9
  writeSync(3, JSON.stringify({ cpu: (userCPUTime + systemCPUTime) / 1e6, wall, rssMb: maxRSS / 1024 }))
})
