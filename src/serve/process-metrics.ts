/** What every process has, under the names that dashboards know. */
import type { EventLoopDelay } from './event-loop-delay.ts'
import type { Exposition } from './exposition.ts'

export function addProcess(out: Exposition, loopDelay: EventLoopDelay): void {
  const { rss, heapUsed } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  out.family(
    'gauge',
    'millrace_event_loop_delay_seconds',
    'How late timers fire, over the last 10 s: a function that takes long delays everything.',
    loopDelay.quantiles().map(({ quantile, seconds }) => [{ quantile }, seconds] as const),
  )
  out.single('gauge', 'process_resident_memory_bytes', 'Memory of the process that is in RAM.', rss)
  out.single('gauge', 'nodejs_heap_size_used_bytes', 'Memory of JavaScript objects in use.', heapUsed)
  out.single('counter', 'process_cpu_seconds_total', 'Processor time spent.', (user + system) / 1e6)
  out.single('gauge', 'process_start_time_seconds', 'When the process started, in seconds since 1970.', STARTED_AT)
}

const STARTED_AT = Date.now() / 1000 - process.uptime()
