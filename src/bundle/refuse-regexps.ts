import { MillraceError } from '../errors.ts'
import type { Bundle } from './bundle-script.ts'
import { runEsbuild } from './esbuild-run.ts'
import { isUserFile, placeOfOffset, shownPlace, sourceLine } from './stack.ts'

/**
 * Refuses regular expressions that need Unicode tables: `\p{}`, which without them is a syntax error of the whole
 * script, and in user code the flags i and u together, which fold case by them.
 *
 * Only a parser knows a regular expression from a division or a string, so esbuild is asked to write those with a u
 * flag as calls, `new RegExp("...","u")`, in a second pass that runs only when something looks like one of them.
 * Calls that were calls before are left to the prelude.
 *
 * @throws ML_IMPURE with the place of the expression
 */
export async function refuseRegexps(
  bundle: Bundle,
  /** The code without the prelude, which speaks of them. */
  code: string,
  guestModule: string | undefined,
): Promise<void> {
  if (!/\\[pP]\{|\/[dgmsy]*(?:i[dgmsy]*u|u[dgmsy]*i)/.test(code)) return
  const probe = { ...bundle, ...(await runEsbuild(bundle.file, guestModule, true)) }
  for (const call of probe.code.matchAll(/new RegExp\((["'`])((?:(?!\1)[^\\]|\\.)*)\1,"([a-z]*u[a-z]*)"\)/g)) {
    const place = placeOfOffset(probe, call.index)
    if (place === undefined || sourceLine(probe, place)[place.column - 1] !== '/') continue
    if (hasPropertyEscape(call[2])) {
      throw new MillraceError('ML_IMPURE', {
        what: '\\p{} in a regular expression needs Unicode tables that differ between engines',
        where: shownPlace(place),
        remedy: 'List the ranges, e.g. [A-Za-zÀ-ÿ]',
      })
    }
    if (call[3].includes('i') && isUserFile(place.file)) {
      throw new MillraceError('ML_IMPURE', {
        what: 'the flags i and u of a regular expression together need Unicode tables that differ between engines',
        where: shownPlace(place),
        remedy: 'List both cases, e.g. [Aa], or leave out one flag',
      })
    }
  }
}

/** In a string's text every backslash of the expression is two, and an odd number of them escapes the p. */
function hasPropertyEscape(text: string): boolean {
  return [...text.matchAll(/((?:\\\\)+)[pP]\{/g)].some(([, backslashes]) => backslashes.length % 4 === 2)
}
