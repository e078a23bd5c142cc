import { MillraceError } from '../../errors.ts'
import type { TransformerSpec } from '../../features/feature-spec.ts'
import { imputerKind } from './imputer.ts'
import { minMaxKind } from './min-max.ts'
import { productsKind } from './products.ts'
import { randomFourierKind } from './random-fourier.ts'
import { robustScalerKind } from './robust-scaler.ts'
import { standardScalerKind } from './standard-scaler.ts'
import { targetEncodingKind } from './target-encoding.ts'
import { tfidfKind } from './tfidf.ts'
import type { TransformerKind } from './transformer.ts'

/** The transformers of this library, by the kind of their options. */
const kinds = {
  imputer: imputerKind,
  minMax: minMaxKind,
  products: productsKind,
  randomFourier: randomFourierKind,
  robustScaler: robustScalerKind,
  standardScaler: standardScalerKind,
  targetEncoding: targetEncodingKind,
  tfidf: tfidfKind,
}

/** @throws ML_PLAN when there is none of the kind */
export function transformerKind(spec: TransformerSpec): TransformerKind<TransformerSpec> {
  const kind = (spec as TransformerSpec | null | undefined)?.kind
  if (typeof kind === 'string' && Object.hasOwn(kinds, kind)) {
    return kinds[kind as keyof typeof kinds] as unknown as TransformerKind<TransformerSpec>
  }
  throw new MillraceError('ML_PLAN', {
    what: 'there is no transformer of this kind',
    got: kind ?? spec,
    where: 'compose',
    remedy: 'Give minMax(), interactions() and the like, after the inputs',
  })
}
