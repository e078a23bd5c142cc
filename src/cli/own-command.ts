/** How to call this program again, for what we advise to type next. */
import { sep } from 'node:path'
import { shownPath } from '../bundle/failures.ts'

export function ownCommand(script: string = process.argv[1] ?? 'millrace'): string {
  if (script.includes(`node_modules${sep}`)) return 'npx millrace'
  return script.endsWith('.js') ? `node ${shownPath(script)}` : 'millrace'
}
