/**
 * What runs before every bundle, in the bundle's own realm and in its own function scope. Built to one line of text by
 * `bundle.ts`; nothing imports it.
 */
import { purify } from './realm.ts'

export { setPhase } from './realm.ts'

purify(globalThis)
