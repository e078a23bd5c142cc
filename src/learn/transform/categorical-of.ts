import { MillraceError } from '../../errors.ts'
import type { CategoricalInput, FeatureSpec } from '../../features/feature-spec.ts'
import { nearestName } from '../../formats/nearest-name.ts'

/** The categorical input that a transformer names. @throws ML_PLAN where there is none */
export function categoricalOf({ categorical }: FeatureSpec, name: string, transformer: string): CategoricalInput {
  const input = categorical.find((each) => each.name === name)
  if (input !== undefined) return input
  const names = categorical.map((each) => each.name)
  const near = nearestName(name, names)
  throw new MillraceError('ML_PLAN', {
    what: `there is no categorical input or text "${name}"`,
    where: transformer,
    remedy: `${near === undefined ? '' : `Did you mean "${near}"? `}Possible are: ${names.join(', ') || 'none'}`,
  })
}
