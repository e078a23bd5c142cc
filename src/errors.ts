/**
 * Every error Millrace raises, in one table. An error says what, got what, where, and what to do.
 *
 * Four classes decide what happens next: `programmer` stops before anything runs; `data` sends the record to the
 * rejected output; `transient` is retried; `fatal` stops the run, which restores from its last checkpoint.
 */
export type ErrorClass = 'programmer' | 'data' | 'transient' | 'fatal'

/** Code → class and a one-line meaning. Keep it sorted; a test keeps the documentation equal to it. */
export const errorTable = {
  ML_CHECK: ['data', 'The check given with the schema refused the record.'],
  ML_CHECKPOINT: ['fatal', 'A checkpoint could not be written several times in a row.'],
  ML_CONFIG: ['programmer', 'A configuration file or environment variable does not say what it may say.'],
  ML_CONFLICT: ['data', 'A second label for one prediction says something else than the first.'],
  ML_CONNECTION: ['transient', 'A connection to another system cannot be made, broke, or gave no answer in time.'],
  ML_CORRUPT: ['fatal', 'Stored bytes are damaged or are not what their header says.'],
  ML_EVENT_TIME: ['data', 'A record has no usable event time.'],
  ML_FEATURE: ['data', 'A value cannot be an input of the model.'],
  ML_FENCED: ['fatal', 'Another process has taken over the folder or the topic this one was writing to.'],
  ML_FIELD: ['data', 'A field is missing or its text is not a value of the declared type.'],
  ML_FINISHED: ['programmer', 'The pipeline has already come to the end of its input.'],
  ML_FLINK_CLUSTER: ['programmer', 'The local Flink cluster cannot be started or stopped as asked.'],
  ML_FLINK_JOB: ['fatal', 'A job on Flink failed, or cannot be stopped.'],
  ML_FLINK_NO_JOB: ['programmer', 'No job on the cluster has this name or id, or several have.'],
  ML_FLINK_REST: ['transient', 'A Flink cluster does not answer, or refuses what it was asked.'],
  ML_HEAP: ['fatal', 'On Flink: a script needs more memory than its heap may take.'],
  ML_IMPURE: ['programmer', 'Pipeline code uses something that differs between machines, engines or runs.'],
  ML_JAVA_TOOL: ['programmer', 'Java, Maven or the Flink host is missing.'],
  ML_KAFKA: ['transient', 'A Kafka cluster does not answer.'],
  ML_KAFKA_REFUSED: ['fatal', 'A Kafka cluster refuses what it was asked: rights, limits or settings.'],
  ML_KEY: ['data', 'A key function returned something that is not a key.'],
  ML_LABEL: ['data', 'A label or weight is not what the learner takes.'],
  ML_LEARN: ['data', 'Learning from a record would leave the model without finite numbers.'],
  ML_LOAD: ['programmer', 'Pipeline code threw while its file was being loaded.'],
  ML_LOCKED: ['programmer', 'Another process is using the folder.'],
  ML_MALFORMED: ['data', 'A piece of the input is not well-formed in its format.'],
  ML_NOT_ON_FLINK: ['programmer', 'The pipeline uses what cannot run on Flink.'],
  ML_NOT_PIPELINE: ['programmer', 'A file does not export a pipeline as its default export.'],
  ML_NO_CLIENT: ['programmer', 'The package that a connector needs is not installed.'],
  ML_NO_FILE: ['programmer', 'A file, or a module that code imports, does not exist.'],
  ML_NO_TOPIC: ['programmer', 'A topic does not exist.'],
  ML_OFFSET_LOST: ['fatal', 'A topic no longer keeps the records that come next.'],
  ML_OTHER_PIPELINE: ['programmer', 'A checkpoint belongs to another pipeline.'],
  ML_OTHER_PLAN: ['programmer', 'The edited pipeline cannot take over what the checkpoint holds.'],
  ML_PARAM: ['programmer', 'A param does not exist or has a wrong value.'],
  ML_PATH: ['programmer', 'A name leads outside its folder, or through a link.'],
  ML_PENDING_KEY: ['data', 'A prediction with the same join key still waits for its label, or has just had it.'],
  ML_PLAN: ['programmer', 'The graph of the pipeline is wrong.'],
  ML_POISON: ['data', 'The process died each time it processed this record.'],
  ML_RANGE: ['programmer', 'An option is outside its allowed range.'],
  ML_RECORD_SIZE: ['data', 'A record is longer than the format allows.'],
  ML_SCHEMA: ['programmer', 'A schema is wrong, or the input does not have its fields.'],
  ML_SECRET: ['programmer', 'A secret is missing, empty, or cannot be read from where it was said to be.'],
  ML_SERVE_OPEN: ['programmer', 'A server would be open to other machines without a token.'],
  ML_SERVE_PORT: ['programmer', 'A server cannot listen on its address.'],
  ML_SINK_AHEAD: ['programmer', 'A sink already shows more than the checkpoint to restore covers.'],
  ML_SINK_EXISTS: ['programmer', 'A new sink would mix its output with what is there already.'],
  ML_SINK_LOST: ['programmer', 'Output that a checkpoint covers is missing from its sink.'],
  ML_SINK_ROW: ['fatal', 'The system behind a sink will not take a row.'],
  ML_SOURCE: ['fatal', 'A source cannot be read, or its bytes are damaged.'],
  ML_SOURCE_CHANGED: ['programmer', 'A source no longer holds the position to resume at.'],
  ML_STATE_LIMIT: ['data', 'An operator holds as much keyed state as it may.'],
  ML_STDOUT: ['fatal', 'Standard output was closed by its reader.'],
  ML_STORAGE: ['fatal', 'A file could not be read, written or made durable.'],
  ML_SYNTAX: ['programmer', 'A pipeline file is not valid TypeScript or JavaScript.'],
  ML_TRANSACTION: ['transient', 'A transaction was ended by the server before its checkpoint was decided.'],
  ML_UNMATCHED_LABEL: ['data', 'No prediction with the join key of the label came in time.'],
  ML_URL: ['programmer', 'A URL or host is not one that a connector may open.'],
  ML_USER_FUNCTION: ['data', 'A function of the pipeline threw.'],
  ML_VALUE: ['data', 'A value is not data that can travel or be stored.'],
  ML_VERSION: ['programmer', 'Stored bytes are of a newer format than this version reads.'],
  ML_WATCHDOG: ['fatal', 'On Flink: a script did not return in time, and was ended.'],
} as const satisfies Record<string, readonly [ErrorClass, string]>

export type ErrorCode = keyof typeof errorTable

export interface ErrorParts {
  /** What is wrong, as a clause without a final stop. */
  readonly what: string
  /** The offending value, shown with its type; long values are cut. */
  readonly got?: unknown
  /** Where it happened: an operator, a file and offset, an option. */
  readonly where?: string
  /** What the user should do, as a sentence without a final stop. */
  readonly remedy?: string
  readonly cause?: unknown
}

/** An error with a code from `errorTable`. Compare `code`, not `instanceof`: a bundle carries its own copy of the class. */
export class MillraceError extends Error {
  readonly code: ErrorCode
  readonly errorClass: ErrorClass
  readonly what: string
  readonly where: string | undefined
  readonly remedy: string | undefined

  constructor(code: ErrorCode, parts: ErrorParts) {
    super(sentence(code, parts), parts.cause === undefined ? undefined : { cause: parts.cause })
    this.name = 'MillraceError'
    this.code = code
    this.errorClass = errorTable[code][0]
    this.what = parts.what
    this.where = parts.where
    this.remedy = parts.remedy
  }
}

/** True for an Error of any realm: a bundle runs in a realm of its own, whose errors `instanceof` does not know. */
export function isError(error: unknown): error is Error {
  return error instanceof Error || Object.prototype.toString.call(error) === '[object Error]'
}

/** True for a MillraceError of this or of another copy of the library, in this or in another realm. */
export function isMillraceError(error: unknown): error is MillraceError {
  if (!isError(error)) return false
  const { code, errorClass } = error as { code?: unknown; errorClass?: unknown }
  return typeof code === 'string' && code.startsWith('ML_') && typeof errorClass === 'string'
}

/** The text of anything thrown, for a rejected record or a log line. */
export function errorText(error: unknown): string {
  if (isError(error)) return isMillraceError(error) ? error.message : redactedText(`${error.name}: ${error.message}`)
  return `thrown ${show(error)}`
}

/** A value as an error message shows it: short, typed, safe for every input, without secrets. */
export function show(value: unknown): string {
  if (typeof value === 'string') return clip(redactedText(JSON.stringify(value)))
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value)
  try {
    return clip(redactedText(JSON.stringify(value) ?? 'an object'))
  } catch {
    return 'an object'
  }
}

function clip(text: string): string {
  return text.length <= 120 ? text : `${text.slice(0, 117)}...`
}

function sentence(code: ErrorCode, { what, got, where, remedy }: ErrorParts & object): string {
  const shown = got === undefined ? '' : `; got ${show(got)}`
  const place = where === undefined ? '' : ` at ${where}`
  return withoutCredentials(`${code}: ${what}${shown}${place}.${remedy === undefined ? '' : ` ${remedy}.`}`)
}

/** What stands where a secret was. */
export const REDACTED = '[redacted]'

const SECRET =
  '(?:pass(?:word|wd|phrase)|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential|authorization)s?'
const SECRET_NAME = new RegExp(`${SECRET}$`, 'i')
/** `password=x`, `"apiKey": "x"`, `Authorization: Bearer x`, also inside quoted JSON. */
const SECRET_PAIR = new RegExp(
  `(${SECRET}[\\\\"']*\\s*[=:]\\s*[\\\\"']*(?:(?:basic|bearer)\\s+)?)[^\\s\\\\"'&;,)}\\]]+`,
  'gi',
)

/** True for the name of a param or option whose value is nobody's business. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}

/** Where a secret is to be found when a pipeline runs: an environment variable or a file. Its name is no secret. */
export type SecretPlace = { readonly env: string } | { readonly file: string }

/** A secret by its place, as a plan holds it. */
export type SecretReference = { readonly secret: SecretPlace }

/** True for `{ "secret": { "env": "NAME" } }` and `{ "secret": { "file": "path" } }`. */
export function isSecretReference(value: unknown): value is SecretReference {
  const place = onlyEntry(value, ['secret'])
  return typeof onlyEntry(place, ['env', 'file']) === 'string'
}

/** The value of the one property that an object has, if it has one of these names. */
function onlyEntry(value: unknown, names: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const [entry, ...others] = Object.entries(value)
  return entry !== undefined && others.length === 0 && names.includes(entry[0]) ? entry[1] : undefined
}

/** Texts that no message may show, as they are, as JSON, as JSON in JSON, and as part of a URL. */
const hidden = new Set<string>()
/** Shorter secrets are not looked for: they would take pieces out of every other word. */
const HIDDEN_CHARS = 4

/**
 * From now on `text` is left out of every error, log line, manifest and report of this process. Costs one search of each
 * such text a secret. One of fewer than 4 characters is left out only where its name tells that it is a secret.
 */
export function hideSecret(text: string): void {
  const json = (form: string) => JSON.stringify(form).slice(1, -1)
  for (const form of [text, json(text), json(json(text)), encoded(text)]) {
    if (form.length >= HIDDEN_CHARS) hidden.add(form)
  }
}

/** As in a URL; a lone surrogate cannot be in one. */
function encoded(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    return text
  }
}

/** A copy of plain JSON without secrets: texts under a telling name, hidden ones, and user and password of URLs. */
export function redacted<V>(value: V): V {
  return redactedValue(value, false) as V
}

function redactedValue(value: unknown, isSecret: boolean): unknown {
  if (typeof value === 'string') return isSecret && value !== '' ? REDACTED : withoutCredentials(value)
  if (Array.isArray(value)) return value.map((item) => redactedValue(item, isSecret))
  if (typeof value !== 'object' || value === null || isSecretReference(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, redactedValue(item, isSecret || isSecretName(name))]),
  )
}

/** Text from elsewhere, such as a line of a file or another library's error, without what looks like a secret. */
export function redactedText(text: string): string {
  return withoutCredentials(text).replace(SECRET_PAIR, `$1${REDACTED}`)
}

function withoutCredentials(text: string): string {
  const shown = withoutHidden(text)
  if (!shown.includes('://')) return shown
  return shown.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"']*@/gi, `$1${REDACTED}@`)
}

function withoutHidden(text: string): string {
  let shown = text
  for (const secret of hidden) if (shown.includes(secret)) shown = shown.replaceAll(secret, REDACTED)
  return shown
}
