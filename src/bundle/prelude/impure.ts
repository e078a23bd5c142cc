/** How the prelude refuses: one error code, and always the name of what to write instead. */
import { MillraceError } from '../../errors.ts'

/** Whether the bundle is being loaded or records are being processed; the clock's answer depends on it. */
export type Phase = 'loading' | 'processing'

/** Throws ML_IMPURE. `what` is a clause that says why; `remedy` a sentence that names the replacement. */
export function refuse(what: string, remedy: string, got?: unknown): never {
  throw new MillraceError('ML_IMPURE', { what, remedy, got })
}

/** Sets a property as the language sets its own: writable, configurable, not enumerable. */
export function define(target: object, name: PropertyKey, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false })
}

/** Replaces a method by one that refuses. A method that this engine does not have stays absent. */
export function forbid(prototype: object, name: string, what: string, remedy: string): void {
  if (!(name in prototype)) return
  const { [name]: refusing } = {
    [name](): never {
      return refuse(what, remedy)
    },
  }
  define(prototype, name, refusing)
}
