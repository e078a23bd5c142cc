/** Errors that the user's functions throw: the first ones are shown with their place in the user's file. */
import type { Bundle } from '../bundle/bundle.ts'
import { explainError } from '../bundle/evaluate.ts'
import { userPlace } from '../bundle/stack.ts'
import { errorText } from '../errors.ts'

/** Places shown of one operator. */
const SHOWN = 3
/** Errors looked at of one operator: finding the place takes some hundred microseconds. */
const LOOKED_AT = 100

/** A listener for `onUserError` that notes each place once. */
export function userErrors(bundle: Bundle, note: (message: string) => void): (uid: string, error: unknown) => void {
  const operators = new Map<string, { looks: number; readonly places: Set<string> }>()
  return (uid, error) => {
    const known = operators.get(uid) ?? { looks: 0, places: new Set<string>() }
    operators.set(uid, known)
    if (known.places.size >= SHOWN || known.looks++ >= LOOKED_AT) return
    const place = userPlace(bundle, error) ?? 'a place that is not known'
    if (known.places.has(place)) return
    known.places.add(place)
    note(`operator "${uid}" rejects what its function throws at: ${errorText(explainError(bundle, error))} at ${place}`)
  }
}
