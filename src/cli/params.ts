/** Values from the command line: params by the type of their default, numbers, durations. */
import { nearNames } from '../bundle/near-names.ts'
import { isSecretName, MillraceError, REDACTED, redacted } from '../errors.ts'
import type { JsonObject, JsonValue } from '../stage/json.ts'
import { durationMs } from '../time/duration.ts'

/** Params as JSON, and where they were given. */
export interface GivenParams {
  readonly values: JsonObject
  readonly where: string
}

/**
 * `name=value` pairs over params that were given as JSON; the default's type says how the text of a pair is read.
 *
 * @throws ML_PARAM for a name that the pipeline does not have, or a value of another type; ML_CONFIG for one in `given`
 */
export function paramsOf(
  pairs: readonly string[],
  defaults: JsonObject,
  given: readonly GivenParams[] = [],
): JsonObject {
  const params: { [name: string]: JsonValue } = {}
  for (const { values, where } of given) Object.assign(params, checked(values, defaults, where))
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    if (equals < 1) throw badParam('a param is given as name=value', pair, 'Write --param name=value')
    const name = pair.slice(0, equals)
    if (!Object.hasOwn(defaults, name)) throw unknownParam(name, Object.keys(defaults))
    params[name] = paramValue(name, pair.slice(equals + 1), defaults[name])
  }
  return params
}

function paramValue(name: string, text: string, byDefault: JsonValue): JsonValue {
  if (typeof byDefault === 'string') return text
  try {
    const value = JSON.parse(text) as JsonValue
    if (typeName(value) === typeName(byDefault)) return value
  } catch {
    // Reported below.
  }
  const remedy = `Its default is ${JSON.stringify(redacted({ [name]: byDefault })[name])}: write --param '${name}=...' in that form`
  throw badParam(`param "${name}" must be a ${typeName(byDefault)}`, isSecretName(name) ? REDACTED : text, remedy)
}

/** @throws ML_CONFIG for a name that the pipeline does not have, or a value of another type than its default */
function checked(values: JsonObject, defaults: JsonObject, where: string): JsonObject {
  for (const [name, value] of Object.entries(values)) {
    if (!Object.hasOwn(defaults, name)) {
      const { what, remedy } = unknownParam(name, Object.keys(defaults))
      throw new MillraceError('ML_CONFIG', { what, got: name, where, remedy })
    }
    if (typeName(value) === typeName(defaults[name])) continue
    const what = `param "${name}" must be a ${typeName(defaults[name])}`
    throw new MillraceError('ML_CONFIG', { what, got: redacted({ [name]: value })[name], where })
  }
  return values
}

function unknownParam(name: string, names: readonly string[]): MillraceError {
  const near = nearNames(name, names)
  const all = names.length === 0 ? 'It has none' : `It has ${names.join(', ')}`
  return badParam('the pipeline has no such param', name, near.length > 0 ? `Did you mean ${near.join(' or ')}` : all)
}

/** Types as JSON tells them apart. */
function typeName(value: JsonValue): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'JSON array' : typeof value === 'object' ? 'JSON object' : typeof value
}

function badParam(what: string, got: string, remedy: string): MillraceError {
  return new MillraceError('ML_PARAM', { what, got, where: '--param', remedy })
}

/** @throws ML_RANGE when it is no whole number, or outside the limits */
export function wholeNumber(
  flag: string,
  text: string | undefined,
  atLeast: number,
  atMost: number = Number.POSITIVE_INFINITY,
): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (value >= atLeast && value <= atMost) return value
  throw new MillraceError('ML_RANGE', {
    what: 'must be a whole number',
    got: text,
    where: flag,
    remedy: `Write ${atLeast} ${Number.isFinite(atMost) ? `to ${atMost}` : 'or more'}, digits only`,
  })
}

/** @throws ML_RANGE naming the flag */
export function milliseconds(flag: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : durationMs(/^\d+$/.test(text) ? Number(text) : text, flag)
}
