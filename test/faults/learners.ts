/** Every configuration of the learners there are. */
import { adagrad, type Features, invScaling, logistic, normalized, sgd } from 'millrace'
import { expect } from 'vitest'
import { inspectCheckpoint } from '../../src/runtime/local/inspect.ts'

const optimizers = { sgd: sgd(0.01), invScaling: invScaling(0.3), adagrad: adagrad(0.1), normalized: normalized(0.5) }

export const learnerNames = Object.keys(optimizers).flatMap((name) => [name, `${name}-standardised`])

/** The models to learn, by name. */
export function learnersOf<T>(inputs: Features<T>): { name: string; model: ReturnType<typeof logistic<T>> }[] {
  return Object.entries(optimizers).flatMap(([name, optimizer]) => [
    { name, model: logistic({ inputs, optimizer, standardise: false }) },
    { name: `${name}-standardised`, model: logistic({ inputs, optimizer, standardise: true }) },
  ])
}

/** Restores the models of a checkpoint, which refuses any double that is not finite, and looks at their weights. */
export async function expectFiniteModels(checkpoint: string, names: readonly string[] = learnerNames): Promise<void> {
  const { operators } = await inspectCheckpoint(checkpoint)
  for (const name of names) {
    const description = operators[name]
    if (description?.type !== 'model') throw new Error(`no model "${name}" in ${checkpoint}`)
    const { intercept, weights = [] } = description
    expect(weights.length).toBeGreaterThan(0)
    expect(
      [name, ...weights, { name: 'intercept', weight: intercept }].filter(
        (w) => typeof w === 'object' && !Number.isFinite(w.weight),
      ),
    ).toEqual([])
  }
}
