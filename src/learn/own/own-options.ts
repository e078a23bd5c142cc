/** The options of an own learner: plain data, those that were declared, of the types of their defaults. */
import { MillraceError } from '../../errors.ts'

/** Names that every spec has. */
const TAKEN = ['inputs', 'classes', 'maxClasses']

/** @throws ML_PLAN when the declared defaults are no plain data */
export function checkDefaults(defaults: object, where: string): void {
  if (!isPlain(defaults) || Array.isArray(defaults)) {
    const remedy = 'Give an object of numbers, texts, booleans, lists and objects of these'
    throw new MillraceError('ML_PLAN', { what: 'options must be plain data', got: defaults, where, remedy })
  }
  const taken = TAKEN.find((name) => Object.hasOwn(defaults, name))
  if (taken === undefined) return
  throw new MillraceError('ML_PLAN', {
    what: `every learner has "${taken}" already`,
    where,
    remedy: 'Name it otherwise',
  })
}

/** The defaults with what was given in their place. @throws ML_PLAN for other options; ML_RANGE for values of other types */
export function ownOptions<O extends object>(defaults: O, given: object, where: string): O {
  const known = Object.keys(defaults)
  const options = { ...defaults } as Record<string, unknown>
  for (const [name, value] of Object.entries(given)) {
    if (TAKEN.includes(name) || value === undefined) continue
    if (!known.includes(name)) {
      const remedy = known.length === 0 ? 'It has no options but inputs' : `Known are: ${known.join(', ')}`
      throw new MillraceError('ML_PLAN', { what: 'the learner has no such option', got: name, where, remedy })
    }
    const expected = typeOf((defaults as Record<string, unknown>)[name])
    if (!isPlain(value) || typeOf(value) !== expected) {
      throw new MillraceError('ML_RANGE', { what: `option "${name}" must be ${expected}`, got: value, where })
    }
    options[name] = value
  }
  return options as O
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return (
    { number: 'a finite number', string: 'a text', boolean: 'true or false' }[typeof value as string] ?? 'an object'
  )
}

/** What JSON carries without loss. */
function isPlain(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return value - value === 0
  if (Array.isArray(value)) return value.every(isPlain)
  if (typeof value !== 'object') return false
  const prototype = Object.getPrototypeOf(value)
  return (prototype === null || Object.getPrototypeOf(prototype) === null) && Object.values(value).every(isPlain)
}
