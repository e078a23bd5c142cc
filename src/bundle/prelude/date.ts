/**
 * `Date` without a clock and without the machine's time zone.
 *
 * What is a function of its arguments alone stays: milliseconds, `Date.UTC`, ISO texts that state their zone, every
 * UTC method. "Now" is the epoch while a bundle loads, because libraries ask for it then, and is refused while
 * records are processed. Whatever reads the local zone is refused always.
 */
import { define, forbid, type Phase, refuse } from './impure.ts'
import { parseInstant } from './parse-instant.ts'

/** Local-time methods that have a UTC twin: getHours → getUTCHours. */
const parts = ['Date', 'Day', 'FullYear', 'Hours', 'Milliseconds', 'Minutes', 'Month', 'Seconds']

/** Local-time methods without one, and what to write instead. */
const texts: Record<string, string> = {
  toString: 'toISOString()',
  toDateString: 'toISOString().slice(0, 10)',
  toTimeString: 'toISOString().slice(11)',
  toLocaleString: 'toISOString()',
  toLocaleDateString: 'toISOString().slice(0, 10)',
  toLocaleTimeString: 'toISOString().slice(11)',
  getYear: 'getUTCFullYear()',
  setYear: 'setUTCFullYear()',
  getTimezoneOffset: "a stated offset, e.g. hourOfDay(name, { utcOffset: '-05:00' })",
}

/** A `Date` that shares `Native.prototype`, which it changes: to be used in a realm of the bundle's own. */
export function pureDate(Native: DateConstructor, phase: () => Phase): DateConstructor {
  const getTime = Native.prototype.getTime
  const PureDate = function (this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) return new Native(now(phase())).toUTCString()
    return Reflect.construct(Native, [instant(args)], new.target === PureDate ? Native : new.target)
  }

  function instant(args: unknown[]): unknown {
    if (args.length === 0) return now(phase())
    if (args.length > 1) {
      return refuse('new Date(year, month, ...) reads the local time zone', 'Use new Date(Date.UTC(year, month, ...))')
    }
    const value = args[0] instanceof Native ? getTime.call(args[0]) : primitive(args[0])
    return typeof value === 'string' ? parseInstant(value) : value
  }

  Object.defineProperty(PureDate, 'name', { value: 'Date' })
  Object.defineProperty(PureDate, 'length', { value: 7 })
  Object.defineProperty(PureDate, 'prototype', { value: Native.prototype, writable: false })
  define(PureDate, 'UTC', Native.UTC)
  define(PureDate, 'now', () => now(phase()))
  define(PureDate, 'parse', (text: unknown) => parseInstant(String(text)))
  forbidLocalTime(Native.prototype)
  define(Native.prototype, 'constructor', PureDate)
  return PureDate as unknown as DateConstructor
}

function now(phase: Phase): number {
  if (phase === 'loading') return 0
  return refuse('the current time differs on every run', 'Use the event time of the record, or a timer of process()')
}

function primitive(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const own = value.valueOf()
  return typeof own === 'object' ? String(value) : own
}

function forbidLocalTime(prototype: Date): void {
  for (const part of parts) {
    for (const verb of ['get', 'set']) {
      const what = `Date.prototype.${verb}${part} reads the local time zone`
      forbid(prototype, `${verb}${part}`, what, `Use ${verb}UTC${part}(), after adding a stated offset if need be`)
    }
  }
  for (const name of Object.keys(texts)) {
    forbid(prototype, name, `Date.prototype.${name} reads the local time zone`, `Use ${texts[name]}`)
  }
}
