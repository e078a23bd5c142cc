import { MillraceError } from '../../errors.ts'

/** No learning reaches such a weight. */
export const LARGEST_WEIGHT = 1e150

export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

export function checkFinite(page: Float64Array, offset: number, size: number, name: string): void {
  for (let i = offset; i < offset + size; i++) {
    if (page[i] - page[i] !== 0) refuse('a model holds a number that is not finite', page[i], name)
  }
}

/** @throws ML_CORRUPT always */
export function refuse(what: string, got: number, name: string): never {
  throw new MillraceError('ML_CORRUPT', { what, got, where: `${name} model` })
}
