/** What quality needs of an outcome, and no more: the output `judged`, which only the quality operator takes. */
export interface JudgedBinary {
  readonly probability: number
  readonly label: boolean
  readonly weight: number
  readonly prior: number
  readonly last: boolean | null
}

export interface JudgedMulticlass {
  readonly label: string
  readonly predicted: string | null
  /** Given to the label. */
  readonly probability: number
  /** Σ (probability − 1 for the label)² over the classes. */
  readonly brier: number
  /** Probability of what was predicted. */
  readonly confidence: number
  readonly weight: number
  readonly majority: string | null
  readonly last: string | null
}

export interface JudgedRegression {
  readonly value: number
  readonly label: number
  readonly weight: number
  readonly mean: number | null
  readonly last: number | null
  readonly low: number | null
  readonly high: number | null
}
