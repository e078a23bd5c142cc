/** The flags of `millrace run`, and what they make with file and environment. */
import { resolve } from 'node:path'
import type { RunOptions } from '../embedded/run.ts'
import type { LogLevel } from '../runtime/local/logger.ts'
import { httpAddress } from './http-address.ts'
import { LOG_FORMATS, LOG_LEVELS, type LogFormat } from './log.ts'
import { type GivenParams, milliseconds, wholeNumber } from './params.ts'
import type { HttpSettings } from './run-http.ts'
import { oneOf, Settings } from './settings.ts'

export interface RunFlags {
  readonly param?: readonly string[]
  readonly config?: string
  readonly base?: string
  readonly state?: string
  readonly fresh?: boolean
  readonly from?: string
  readonly json?: boolean
  readonly quiet?: boolean
  readonly checkpointEvery?: string
  readonly checkpointRecords?: string
  readonly retain?: string
  readonly http?: string
  readonly httpAllow?: readonly string[]
  readonly log?: string
  readonly logLevel?: string
}

export interface LogSettings {
  /** Absent: a line for a person, no log. */
  readonly log: LogFormat | undefined
  readonly logLevel: LogLevel
}

export interface RunSettings extends LogSettings {
  readonly options: RunOptions & { readonly base: string }
  readonly params: readonly GivenParams[]
  readonly http: HttpSettings | undefined
}

/**
 * Checked before anything is done.
 *
 * @throws ML_RANGE for a flag, ML_CONFIG for a setting of the file or the environment, ML_NO_FILE
 */
export function runSettings(flags: RunFlags, env: Readonly<Record<string, string | undefined>>): RunSettings {
  const settings = Settings.read(flags, flags.config, env)
  const address = settings.value('http', httpAddress)
  const allow = (settings.text('httpAllow') ?? '').split(',').filter((host) => host !== '')
  return {
    options: {
      base: resolve(settings.text('base') ?? '.'),
      state: settings.text('state'),
      fresh: flags.fresh,
      ...(flags.from !== undefined && { from: resolve(flags.from) }),
      checkpointEvery: settings.value('checkpointEvery', milliseconds),
      checkpointRecords: settings.value('checkpointRecords', (where, text) => wholeNumber(where, text, 0)),
      retain: settings.value('retain', (where, text) => wholeNumber(where, text, 2)),
    },
    params: settings.params,
    http: address && { ...address, allow },
    log: settings.value('log', (where, text) => oneOf(where, text, LOG_FORMATS)),
    logLevel: settings.value('logLevel', (where, text) => oneOf(where, text, LOG_LEVELS)) ?? 'info',
  }
}
