import { MillraceError } from '../errors.ts'

/** The classes of a learner of several, as its options give them. */
export interface ClassOptions {
  /** Names of the classes, where they are known beforehand: models per key need them. */
  readonly classes?: readonly string[]
  /** How many classes there may be, where they are not known; 32 by default. A model has room for all of them. */
  readonly maxClasses?: number
}

const MOST_CLASSES = 65_536

/** What a spec says of its classes: only what was given. @throws ML_RANGE */
export function checkedClasses({ classes, maxClasses }: ClassOptions, where: string): ClassOptions {
  const wrong = (what: string, got: unknown, remedy: string): never => {
    throw new MillraceError('ML_RANGE', { what, got, where, remedy })
  }
  if (classes !== undefined && maxClasses !== undefined) {
    wrong('classes and maxClasses are given', maxClasses, 'Leave maxClasses out: the classes named are all there are')
  }
  if (classes !== undefined) {
    const named = Array.isArray(classes) && classes.every((name) => typeof name === 'string')
    if (!named || classes.length < 2 || new Set(classes).size < classes.length) {
      wrong('classes must be two or more names, each another', classes, "Name them: classes: ['a', 'b', 'c']")
    }
    return { classes: [...classes] }
  }
  if (maxClasses === undefined) return {}
  if (!Number.isInteger(maxClasses) || maxClasses < 2 || maxClasses > MOST_CLASSES) {
    wrong(`maxClasses must be a whole number from 2 to ${MOST_CLASSES}`, maxClasses, 'Give as many as there may be')
  }
  return { maxClasses }
}
