/** The hash of a plan: guards that all workers of a run hold the same one. Restoring does not ask for it. */
import { createHash } from 'node:crypto'
import type { Plan } from '../../stage/plan.ts'

export function planHash(plan: Plan): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('hex')
}
