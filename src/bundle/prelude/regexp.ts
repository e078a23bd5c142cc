/**
 * `RegExp` for patterns made at run time: `\p{}` and the v flag need tables that a V8 without ICU does not have, and
 * that change with the Unicode version. Literals are refused earlier, when the bundle is made.
 */
import { refuse } from './impure.ts'

const property = /(?:^|[^\\])(?:\\\\)*\\[pP]\{/

/**
 * A `RegExp` that shares `Native.prototype`. The prototype's `constructor` stays native on purpose: V8 leaves its fast
 * path for every expression of the realm when that changes (measured: replace, split and match 6.5 times slower).
 */
export function pureRegExp(Native: RegExpConstructor): RegExpConstructor {
  const PureRegExp = function (this: unknown, pattern?: unknown, flags?: unknown): unknown {
    checkPattern(Native, pattern, flags)
    if (new.target === undefined) return Native(pattern as string, flags as string)
    return Reflect.construct(Native, [pattern, flags], new.target === PureRegExp ? Native : new.target)
  }
  Object.defineProperty(PureRegExp, 'name', { value: 'RegExp' })
  Object.defineProperty(PureRegExp, 'prototype', { value: Native.prototype, writable: false })
  Object.setPrototypeOf(PureRegExp, Native)
  return PureRegExp as unknown as RegExpConstructor
}

function checkPattern(Native: RegExpConstructor, pattern: unknown, flags: unknown): void {
  const given = pattern instanceof Native ? pattern : undefined
  const source = given?.source ?? String(pattern)
  const flagText = flags === undefined ? (given?.flags ?? '') : String(flags)
  if (flagText.includes('v')) {
    refuse('the v flag of regular expressions needs Unicode tables', 'Use the u flag and ranges of code points', source)
  }
  if (flagText.includes('u') && property.test(source)) {
    refuse('\\p{} in a regular expression needs Unicode tables', 'List the ranges, e.g. [A-Za-zÀ-ÿ]', source)
  }
}
