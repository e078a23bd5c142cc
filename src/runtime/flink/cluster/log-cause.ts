/** Why a process of the cluster did not come up, from its log. */
import { readFileSync } from 'node:fs'
import { redactedText } from '../../../errors.ts'
import type { ClusterHome } from './cluster-home.ts'

/** One line: the innermost cause in the log, else what the JVM printed. */
export function logCause(home: ClusterHome, role: string): string {
  const log = lines(home.log(role))
  const cause = log.findLast((line) => line.startsWith('Caused by: ')) ?? log.findLast((line) => EXCEPTION.test(line))
  const logged = cause ?? log.findLast((line) => / (?:ERROR|FATAL) /.test(line))?.replace(/^.*? - /, '')
  const printed = lines(home.output(role)).find((line) => /\b(?:error|exception)\b/i.test(line))
  const text = logged ?? printed ?? 'its log gives no reason'
  return redactedText(text.replace(/^Caused by: /, '')).replace(/\.$/, '')
}

/** A line that begins with the class of an exception. */
const EXCEPTION = /^(?:[\w$]+\.)+\w*(?:Exception|Error)\b/

function lines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}
