/** Outputs of a model operator by number; 1 is that of rejected records, as of every operator. */
export const [RECORDS, OUTCOMES, EXPIRIES, MODELS, JUDGED] = [0, 2, 3, 4, 5] as const
