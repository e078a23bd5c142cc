import type { FeatureEncoder } from '../features/feature-encoder.ts'
import type { Learner, SlotWeights } from './learner.ts'

/** What the slots of a model's weights are called: as the encoder says, but for the numeric inputs that transformers made. */
export class SlotNames {
  readonly #encoder: FeatureEncoder
  readonly #numeric: readonly string[] | undefined
  /** Numeric inputs more than the encoder has. */
  readonly #shift: number

  constructor(encoder: FeatureEncoder, { numericNames }: Learner) {
    this.#encoder = encoder
    this.#numeric = numericNames
    this.#shift = numericNames === undefined ? 0 : numericNames.length - encoder.dense
  }

  /** The slots to be shown, each with its name: not those of hashed categories that have learned nothing. */
  shown({ weights }: SlotWeights): { slot: number; name: string }[] {
    const shown: { slot: number; name: string }[] = []
    const numeric = this.#encoder.dense + this.#shift
    for (let slot = 0; slot < weights.length; slot++) {
      const encoded = slot - this.#shift
      if (slot >= numeric && weights[slot] === 0 && this.#encoder.isHashed(encoded)) continue
      const name = slot < numeric ? this.#numeric?.[slot] : undefined
      shown.push({ slot, name: name ?? this.#encoder.slotName(encoded) })
    }
    return shown
  }
}
