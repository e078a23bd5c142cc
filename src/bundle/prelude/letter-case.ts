/**
 * `toLowerCase` and `toUpperCase` with one Unicode version on every engine: each engine has tables of its own, and a V8
 * without ICU has old ones and no rule for the final sigma. ASCII texts go to the engine, where all agree.
 *
 * Cost      ASCII as before, plus a test of some 20 ns; other texts about 30 ns a letter
 */
import { lowerCase, upperCase } from '../../formats/letter-case.ts'
import { define } from './impure.ts'

const beyondAscii = /[^\0-\x7f]/

/** Replaces both methods of a realm's strings. */
export function unifyLetterCase(prototype: object): void {
  const { toLowerCase, toUpperCase } = prototype as Pick<string, 'toLowerCase' | 'toUpperCase'>
  const methods = {
    toLowerCase(this: unknown): string {
      const text = toText(this, 'toLowerCase')
      return beyondAscii.test(text) ? lowerCase(text) : toLowerCase.call(text)
    },
    toUpperCase(this: unknown): string {
      const text = toText(this, 'toUpperCase')
      return beyondAscii.test(text) ? upperCase(text) : toUpperCase.call(text)
    },
  }
  define(prototype, 'toLowerCase', methods.toLowerCase)
  define(prototype, 'toUpperCase', methods.toUpperCase)
}

function toText(value: unknown, name: string): string {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) throw new TypeError(`String.prototype.${name} called on ${value}`)
  return String(value)
}
