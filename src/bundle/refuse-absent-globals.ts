import { MillraceError } from '../errors.ts'
import { absentRemedy, absentUses } from './absent-globals.ts'
import type { Bundle } from './bundle-script.ts'
import { isUserFile, placeOfOffset, shownPlace } from './stack.ts'

/**
 * Refuses user code that uses what no pipeline has, before anything runs. Not refused are libraries, of which only a
 * part may be called, and a file that asks `typeof X` first: there a use fails when it is reached.
 *
 * @throws ML_IMPURE with the place and what to write instead
 */
export function refuseAbsentGlobals(bundle: Bundle): void {
  const found = []
  const asked = new Set<string>()
  for (const use of absentUses(bundle.code)) {
    const place = placeOfOffset(bundle, use.offset)
    if (place === undefined || !isUserFile(place.file)) continue
    if (use.asked) asked.add(`${use.name} ${place.file}`)
    else found.push({ name: use.name, place })
  }
  const use = found.find(({ name, place }) => !asked.has(`${name} ${place.file}`))
  if (use === undefined) return
  throw new MillraceError('ML_IMPURE', {
    what: `${use.name} does not exist in a pipeline, which also runs in a bare V8`,
    where: shownPlace(use.place),
    remedy: absentRemedy(use.name),
  })
}
