import { MillraceError } from '../../errors.ts'

/** Rates above this make no sense for any data, and are refused with what is not a rate at all. */
const MAX_RATE = 1e6

export function checkRate(rate: number, where: string): void {
  checkOption('rate', rate, typeof rate === 'number' && rate > 0 && rate <= MAX_RATE, `> 0 and <= ${MAX_RATE}`, where)
}

/** A share that must stay below 1, so that what it decays is forgotten some day. */
export function checkDecay(option: string, decay: number, where: string): void {
  checkOption(option, decay, typeof decay === 'number' && decay >= 0 && decay <= 0.999999, '0 to 0.999999', where)
}

/** @throws ML_RANGE unless `right` */
export function checkOption(option: string, got: unknown, right: boolean, range: string, where: string): void {
  if (!right) throw new MillraceError('ML_RANGE', { what: `${option} must be ${range}`, got, where })
}
