// The contract suite of learners as a pipeline: a record is a check, what comes out says whether it held. So it runs wherever
// pipelines do: embedded, in an emptied realm without Intl, on a Flink cluster.
import { pipeline, record, string } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import type { FeatureSpec } from '../../src/features/feature-spec.ts'
import { bayesLinear } from '../../src/learn/bayes/bayes-linear.ts'
import { bayesLogistic } from '../../src/learn/bayes/bayes-logistic.ts'
import { naiveBayes } from '../../src/learn/bayes/naive-bayes.ts'
import { createLearner } from '../../src/learn/create-learner.ts'
import type { LearnerSpec } from '../../src/learn/learner.ts'
import { linear } from '../../src/learn/linear/linear.ts'
import { logistic } from '../../src/learn/linear/logistic.ts'
import { softmax } from '../../src/learn/linear/softmax.ts'
import { svm } from '../../src/learn/linear/svm.ts'
import { alma } from '../../src/learn/margin/alma.ts'
import { arow } from '../../src/learn/margin/arow.ts'
import { passiveAggressive, passiveAggressiveRegression } from '../../src/learn/margin/passive-aggressive.ts'
import { perceptron } from '../../src/learn/margin/perceptron.ts'
import { oneVsRest } from '../../src/learn/one-vs-rest.ts'
import { learnerChecks } from '../../src/testing/learner-suite.ts'

type Inputs = { readonly spec: FeatureSpec }

const max = (inputs: Inputs): Inputs => ({
  spec: {
    ...inputs.spec,
    categorical: inputs.spec.categorical.map((input) => ({
      ...input,
      storage: { by: 'dictionary', max: 20 } as const,
    })),
  },
})

export const learners: { readonly [name: string]: (inputs: Inputs) => LearnerSpec } = {
  logistic: (inputs) => logistic({ inputs }),
  linear: (inputs) => linear({ inputs }),
  softmax: (inputs) => softmax({ inputs, maxClasses: 3 }),
  svm: (inputs) => svm({ inputs }),
  bayesLinear: (inputs) => bayesLinear({ inputs: max(inputs) }),
  bayesLogistic: (inputs) => bayesLogistic({ inputs: max(inputs) }),
  naiveBayes: (inputs) => naiveBayes({ inputs }),
  passiveAggressive: (inputs) => passiveAggressive({ inputs }),
  passiveAggressiveRegression: (inputs) => passiveAggressiveRegression({ inputs }),
  perceptron: (inputs) => perceptron({ inputs }),
  alma: (inputs) => alma({ inputs }),
  arow: (inputs) => arow({ inputs }),
  oneVsRest: (inputs) => oneVsRest(logistic({ inputs }), { maxClasses: 3 }),
}

/** A posterior integrates over what is left out, which rounds: its weights stay but for the last digits. */
function skips(learner: string): { readonly [title: string]: string } {
  return /^bayesL/.test(learner) ? { 'weights stay': 'what is left out is integrated over, which rounds' } : {}
}

const Check = record({ learner: string(), title: string() })

/** Every check of some learners, and of what became of it a row. */
export function contractPipeline(name: string, names: readonly string[]) {
  const checks = names.flatMap((learner) =>
    learnerChecks({
      name: learner,
      spec: learners[learner],
      create: (spec) => createLearner(spec),
      skip: skips(learner),
    })
      .filter(({ skip }) => skip === undefined)
      .map(({ title, run }) => ({ learner, title, run })),
  )
  return pipeline(name, ({ from }) => {
    from('checks', memory([checks.map(({ learner, title }) => ({ learner, title }))], Check))
      .map(({ title }) => {
        try {
          checks.find((check) => check.title === title)?.run()
          return { title, held: true, why: '' }
        } catch (error) {
          return { title, held: false, why: String(error) }
        }
      })
      .to('results', jsonl('out/results'))
  })
}

export default contractPipeline('learner-contracts', Object.keys(learners))
