import { MillraceError } from '../../errors.ts'

/** Refuses a row that holds a number that is not finite, steps that are no count, or what `flaw` names. @throws ML_CORRUPT */
export function checkRow(
  page: Float64Array,
  offset: number,
  size: number,
  layout: string,
  flaw: () => string | undefined,
): void {
  const wrong = (what: string, got?: number): never => {
    throw new MillraceError('ML_CORRUPT', { what, got, where: `${layout} model` })
  }
  for (let i = 0; i < size; i++) {
    const value = page[offset + i]
    if (value - value !== 0) wrong('a model holds a number that is not finite', value)
  }
  const steps = page[offset]
  if (!(Number.isSafeInteger(steps) && steps >= 0)) wrong('the steps of a model are no count', steps)
  const found = flaw()
  if (found !== undefined) wrong(`${found} of a model is out of range`)
}
