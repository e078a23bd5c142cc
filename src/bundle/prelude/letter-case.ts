/**
 * `toLowerCase` and `toUpperCase` with one Unicode version on every engine: each engine has tables of its own, and a V8
 * without ICU has old ones and no rule for the final sigma. ASCII texts go to the engine, where all agree.
 *
 * Cost      ASCII as before, plus a test of some 20 ns; other texts about 30 ns a letter
 * Differs   from Unicode in the context of a final sigma only: letters without case mapping count as no letters
 */
import { define } from './impure.ts'
import { lowerRuns, upperRuns, upperSpecials } from './letter-case-table.ts'

const beyondAscii = /[^\0-\x7f]/
/** What may stand between a letter and a final sigma: apostrophes, points, accents, joiners. */
const ignorable =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: the accents are meant one by one
  /['.:^`\u00a8\u00ad\u00af\u00b4\u00b7\u00b8\u02b0-\u036f\u0483-\u0489\u1dc0-\u1dff\u200b-\u200f\u2018\u2019\u2024\u2027\u20d0-\u20f0\ufe00-\ufe0f\ufe20-\ufe2f]/

interface Tables {
  readonly lower: ReadonlyMap<string, string>
  readonly upper: ReadonlyMap<string, string>
}

let tables: Tables | undefined

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

export function upperCase(text: string): string {
  const { upper } = (tables ??= readTables())
  let result = ''
  for (const letter of text) result += upper.get(letter) ?? letter
  return result
}

export function lowerCase(text: string): string {
  const { lower } = (tables ??= readTables())
  let result = ''
  let at = 0
  for (const letter of text) {
    if (letter === 'Σ') result += isFinal(text, at) ? 'ς' : 'σ'
    else result += lower.get(letter) ?? letter
    at += letter.length
  }
  return result
}

/** A sigma is final after a letter and before none, whatever ignorable characters are between. */
function isFinal(text: string, at: number): boolean {
  const before = [...text.slice(0, at)].findLast((letter) => !ignorable.test(letter))
  if (before === undefined || !hasCase(before)) return false
  const after = [...text.slice(at + 1)].find((letter) => !ignorable.test(letter))
  return after === undefined || !hasCase(after)
}

function hasCase(letter: string): boolean {
  const { lower, upper } = (tables ??= readTables())
  return lower.has(letter) || upper.has(letter)
}

function readTables(): Tables {
  const lower = readRuns(lowerRuns)
  const upper = readRuns(upperRuns)
  for (let i = 0; i < 26; i++) {
    lower.set(String.fromCharCode(65 + i), String.fromCharCode(97 + i))
    upper.set(String.fromCharCode(97 + i), String.fromCharCode(65 + i))
  }
  lower.set('İ', 'i\u0307')
  for (const entry of upperSpecials.split(' ')) upper.set(entry[0], entry.slice(1))
  return { lower, upper }
}

function readRuns(text: string): Map<string, string> {
  const pairs = new Map<string, string>()
  let start = 0
  for (const run of text.split(';')) {
    const [gap, shape, distance] = run.split(',').map((digits) => Number.parseInt(digits, 36))
    start += gap
    const step = (shape & 1) + 1
    for (let i = 0; i < shape >> 1; i++) {
      const point = start + i * step
      pairs.set(String.fromCodePoint(point), String.fromCodePoint(point + distance))
    }
  }
  return pairs
}
