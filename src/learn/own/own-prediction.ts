import { MillraceError } from '../../errors.ts'
import type { Learner } from '../learner.ts'

/** @throws ML_LEARN when an own learner says what is no prediction of its task */
export function checkPrediction({ task, uncertain }: Learner, out: Float64Array, kind: string): void {
  if (task === 'multiclass') {
    for (let k = 0; k < out.length; k++) if (!(out[k] >= 0 && out[k] <= 1)) throw unusable(out[k], `class ${k}`, kind)
    return
  }
  const binary = task === 'binary'
  const [value] = out
  if (!(binary ? value >= 0 && value <= 1 : value - value === 0)) throw unusable(value, 'out[0]', kind)
  if (!uncertain) return
  const [low, high] = binary ? [out[1], out[2]] : [out[2], out[3]]
  const inside = low <= value && value <= high && low - low === 0 && high - high === 0
  if (!inside || (binary ? low < 0 || high > 1 : !(out[1] >= 0))) throw unusable([...out], 'out', kind)
}

function unusable(got: unknown, place: string, kind: string): MillraceError {
  return new MillraceError('ML_LEARN', {
    what: `predictOne left what is no prediction in ${place}`,
    got,
    where: `learner "${kind}"`,
    remedy: 'Fill out: a probability from 0 to 1, a finite number, or for each class a number that is not negative',
  })
}
