// The contract suite of three learners, one of each task, as a pipeline for a Flink cluster.
import { contractPipeline } from './learner-contracts.ts'

export default contractPipeline('three-contracts', ['logistic', 'bayesLinear', 'softmax'])
