/**
 * What a run is told beside its pipeline: by a configuration file, by the environment, by flags. What comes later in this
 * order holds.
 */
import { readFileSync } from 'node:fs'
import { nearNames } from '../bundle/near-names.ts'
import { isMillraceError, MillraceError } from '../errors.ts'
import type { JsonObject } from '../stage/json.ts'
import { systemCode } from '../storage/storage-error.ts'

/** Settings of `run` and the environment variables that give them; a flag has the same name with dashes. */
const VARIABLES = {
  base: 'MILLRACE_BASE',
  state: 'MILLRACE_STATE',
  checkpointEvery: 'MILLRACE_CHECKPOINT_EVERY',
  checkpointRecords: 'MILLRACE_CHECKPOINT_RECORDS',
  retain: 'MILLRACE_RETAIN',
  http: 'MILLRACE_HTTP',
  httpAllow: 'MILLRACE_HTTP_ALLOW',
  log: 'MILLRACE_LOG',
  logLevel: 'MILLRACE_LOG_LEVEL',
} as const

const PARAMS = 'MILLRACE_PARAMS'

export type SettingName = keyof typeof VARIABLES

const NAMES = Object.keys(VARIABLES) as SettingName[]

/** A text, and where it was given. */
interface Given {
  readonly text: string
  readonly where: string
  readonly isFlag: boolean
}

export type Flags = { readonly [N in SettingName]?: string | readonly string[] }

type Environment = Readonly<Record<string, string | undefined>>

export class Settings {
  readonly #given: ReadonlyMap<SettingName, Given>
  /** Params by file and environment, those of the environment over those of the file; each with its origin. */
  readonly params: readonly { readonly values: JsonObject; readonly where: string }[]

  private constructor(
    given: ReadonlyMap<SettingName, Given>,
    params: readonly { readonly values: JsonObject; readonly where: string }[],
  ) {
    this.#given = given
    this.params = params
  }

  /** @throws ML_NO_FILE, ML_CONFIG for a file that cannot be read, an unknown name in it, or a value of a wrong kind */
  static read(flags: Flags, file: string | undefined, env: Environment): Settings {
    const given = new Map<SettingName, Given>()
    const params: { values: JsonObject; where: string }[] = []
    if (file !== undefined) {
      const { params: inFile, ...settings } = configOf(file)
      for (const [name, value] of Object.entries(settings)) {
        given.set(settingName(name, file), {
          text: textOf(value, name, file),
          where: `"${name}" of ${file}`,
          isFlag: false,
        })
      }
      if (inFile !== undefined) params.push({ values: paramsObject(inFile, `"params" of ${file}`), where: file })
    }
    for (const name of NAMES) {
      const variable = VARIABLES[name]
      const text = env[variable]
      if (text !== undefined && text !== '') given.set(name, { text, where: variable, isFlag: false })
    }
    const inEnvironment = env[PARAMS]
    if (inEnvironment) params.push({ values: paramsObject(parsed(inEnvironment, PARAMS), PARAMS), where: PARAMS })
    for (const name of NAMES) {
      const flag = flags[name]
      if (flag === undefined || flag.length === 0) continue
      given.set(name, { text: [flag].flat().join(','), where: flagOf(name), isFlag: true })
    }
    return new Settings(given, params)
  }

  text(name: SettingName): string | undefined {
    return this.#given.get(name)?.text
  }

  /**
   * A setting as `read` makes it, which is told where it was given.
   *
   * @throws what `read` throws for a flag; ML_CONFIG instead for a file or variable
   */
  value<V>(name: SettingName, read: (where: string, text: string | undefined) => V): V {
    const given = this.#given.get(name)
    if (given === undefined) return read(flagOf(name), undefined)
    try {
      return read(given.where, given.text)
    } catch (error) {
      if (given.isFlag || !isMillraceError(error)) throw error
      const { what, remedy } = error
      throw new MillraceError('ML_CONFIG', { what, got: given.text, where: given.where, remedy })
    }
  }
}

/** 'checkpointEvery' → '--checkpoint-every'. */
function flagOf(name: SettingName): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** @throws ML_RANGE when it is none of them */
export function oneOf<C extends string>(where: string, text: string | undefined, choices: readonly C[]): C | undefined {
  if (text === undefined || choices.includes(text as C)) return text as C | undefined
  const [near] = nearNames(text, choices)
  throw new MillraceError('ML_RANGE', {
    what: `must be one of ${choices.join(', ')}`,
    got: text,
    where,
    remedy: near === undefined ? undefined : `Did you mean ${near}`,
  })
}

function configOf(file: string): { readonly [name: string]: unknown } {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') throw new MillraceError('ML_NO_FILE', { what: 'the file does not exist', where: file })
    throw new MillraceError('ML_CONFIG', { what: 'the file cannot be read', got: code, where: file })
  }
  const config = parsed(text, file)
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) return config as JsonObject
  throw new MillraceError('ML_CONFIG', { what: 'a configuration is a JSON object', where: file })
}

/** The text is not shown: it may hold secrets. */
function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new MillraceError('ML_CONFIG', { what: 'this is not JSON', where })
  }
}

function settingName(name: string, file: string): SettingName {
  if (Object.hasOwn(VARIABLES, name)) return name as SettingName
  const all = [...NAMES, 'params']
  const near = nearNames(name, all)
  throw new MillraceError('ML_CONFIG', {
    what: `there is no setting "${name}"`,
    where: file,
    remedy: near.length > 0 ? `Did you mean ${near.join(' or ')}` : `There are ${all.join(', ')}`,
  })
}

function textOf(value: unknown, name: string, file: string): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  if (name === 'httpAllow' && Array.isArray(value) && value.every((item) => typeof item === 'string')) {
    return value.join(',')
  }
  throw new MillraceError('ML_CONFIG', {
    what: name === 'httpAllow' ? 'must be a list of texts' : 'must be a text or a number',
    got: value,
    where: `"${name}" of ${file}`,
  })
}

function paramsObject(value: unknown, where: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw new MillraceError('ML_CONFIG', { what: 'params are a JSON object, each value by its name', where })
}
