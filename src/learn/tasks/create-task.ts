import type { LearnerSpec } from '../learner.ts'
import { BinaryTask } from './binary-task.ts'
import type { ModelTask } from './model-task.ts'
import { MulticlassTask } from './multiclass-task.ts'
import { RegressionTask } from './regression-task.ts'

export function createTask(spec: Pick<LearnerSpec, 'task' | 'classes' | 'maxClasses' | 'counts'>): ModelTask {
  switch (spec.task) {
    case 'binary':
      return new BinaryTask()
    case 'regression':
      return new RegressionTask(spec.counts)
    case 'multiclass':
      return new MulticlassTask(spec)
  }
}
