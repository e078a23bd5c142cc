/**
 * Reads the reason out of what Flink tells of a failure: a Java stack trace, in which an error of ours stands as a line
 * `ML_CODE: what; got ... at where. Remedy.` behind the name of some exception class.
 */
import { type ErrorCode, errorTable, redactedText } from '../../errors.ts'

export interface Failure {
  /** Of an error that Millrace raised; undefined for any other. */
  readonly code: ErrorCode | undefined
  /** One line. */
  readonly text: string
}

const OWN = /\b(ML_[A-Z_]+): .+/
/** What only says that something below it failed. */
const WRAPPER =
  /^(?:java\.util\.concurrent\.(?:Completion|Execution)Exception|java\.lang\.reflect\.InvocationTargetException|org\.apache\.flink\.(?:.*\.)?(?:RestHandlerException|SerializedThrowable|JobExecutionException|ProgramInvocationException|WrappingRuntimeException))\b/
/** The name of a Java class of an exception, in front of its message. */
const CLASS = /^(?:[\w$]+\.)+[\w$]*(?:Exception|Error|Throwable)[\w$]*(?:: |$)/

/** The innermost error of ours, else the root cause's first line without the name of a wrapper. */
export function failureOf(trace: string): Failure {
  const messages = trace
    .split('\n')
    .map(messageOf)
    .filter((line) => line !== '')
  const own = messages.findLast((line) => OWN.test(line))
  if (own !== undefined) {
    const text = own.slice(own.search(OWN))
    const code = /^ML_[A-Z_]+/.exec(text)?.[0] as ErrorCode
    if (Object.hasOwn(errorTable, code)) return { code, text: redactedText(text) }
  }
  const cause = messages.findLast((line) => line.startsWith(CAUSE))?.slice(CAUSE.length)
  const text = cause ?? messages.findLast((line) => CLASS.test(line)) ?? messages.at(-1) ?? 'no reason is known'
  return { code: undefined, text: redactedText(shortened(text)) }
}

/** An error of the host, raised here again with its own words and code. */
export function remoteError({ code, text }: Failure): Error {
  const errorClass = code === undefined ? 'fatal' : errorTable[code][0]
  return Object.assign(new Error(text), { name: 'MillraceError', code: code ?? 'ML_FLINK_JOB', errorClass })
}

const CAUSE = 'Caused by: '

/** A line of a trace without its frames and brackets; '' for a line that says nothing. */
function messageOf(line: string): string {
  const text = line.trim()
  if (/^(?:at |\.\.\. \d+ more|<?Exception on server side|End of exception on server side)/.test(text)) {
    return text.startsWith('<') ? text.replace(/^<Exception on server side:?\s*/, '') : ''
  }
  return text === 'Internal server error.' || text === '>' ? '' : text
}

/** `a.b.C: d.e.F: message` → `F: message`: the class nearest to the message says most. */
function shortened(text: string): string {
  let rest = text
  let nearest = ''
  for (let match = CLASS.exec(rest); match !== null && match[0] !== rest; match = CLASS.exec(rest)) {
    nearest = WRAPPER.test(match[0]) ? '' : match[0]
    rest = rest.slice(match[0].length)
  }
  return nearest.slice(nearest.lastIndexOf('.') + 1) + rest
}
