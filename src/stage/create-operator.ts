/** Operators by kind: their outputs and how each is made from its vertex and the user's functions. */
import { MillraceError } from '../errors.ts'
import { FilterOperator } from '../operators/filter.ts'
import { FlatMapOperator } from '../operators/flat-map.ts'
import { MapOperator } from '../operators/map.ts'
import type { Operator, OperatorContext } from '../operators/operator.ts'
import { PredictOperator, type PredictSettings } from '../operators/predict.ts'
import { ProcessOperator, type ProcessOptions } from '../operators/process.ts'
import { QualityOperator, type QualityOptions } from '../operators/quality.ts'
import { RouteOperator, type RouteOptions } from '../operators/route.ts'
import { SinkOperator, type SinkOutput } from '../operators/sink.ts'
import { UnionOperator } from '../operators/union.ts'
import { createRowEncoder } from './create-row-encoder.ts'
import type { Functions } from './functions.ts'
import type { JsonObject } from './json.ts'
import type { OperatorVertex, Plan } from './plan.ts'

/** Outputs by kind of operator. Output 0 is the main one; output 1 takes what was rejected. */
export const OPERATOR_OUTPUTS: { readonly [kind: string]: readonly string[] } = {
  map: ['records', 'rejected'],
  filter: ['records', 'rejected'],
  flatMap: ['records', 'rejected'],
  union: ['records'],
  process: ['records', 'rejected'],
  route: ['records', 'rejected'],
  predict: ['records', 'rejected', 'outcomes', 'expired', 'models', 'judged'],
  learn: ['records', 'rejected', 'outcomes', 'expired', 'models', 'judged'],
  quality: ['metrics'],
  sink: ['records', 'rejected'],
}

/** Kinds that keep nothing but counts: a checkpoint may hold one that an edited pipeline no longer has. */
export const STATELESS_KINDS: readonly string[] = ['map', 'filter', 'flatMap', 'union']

/** Closes a part of a sink at this many bytes unless the sink says otherwise. */
const DEFAULT_PART_BYTES = 64 << 20

type AnyFunction = (value: unknown) => unknown

export function createOperator(
  plan: Plan,
  vertex: OperatorVertex,
  context: OperatorContext,
  functions: Functions,
  sink: (uid: string) => SinkOutput,
): Operator {
  const { uid, kind, options } = vertex
  const named = (name: string) => functions.get(`${uid}/${name}`) as AnyFunction | undefined
  const required = (name: string): AnyFunction => named(name) ?? missing(uid, name)
  switch (kind) {
    case 'map':
      return new MapOperator(context, required('fn'))
    case 'filter':
      return new FilterOperator(context, required('fn'))
    case 'flatMap':
      return new FlatMapOperator(context, required('fn'))
    case 'union':
      return new UnionOperator(context)
    case 'process': {
      const user = {
        onRecord: required('onRecord') as never,
        onTimer: named('onTimer') as never,
        onProcessingTimer: named('onProcessingTimer') as never,
      }
      return new ProcessOperator(context, user, options as unknown as ProcessOptions)
    }
    case 'route':
      return new RouteOperator(context, required('modelKey'), options as unknown as RouteOptions)
    case 'predict':
    case 'learn':
      return new PredictOperator(context, options as unknown as PredictSettings, {
        joinKey: named('joinKey'),
        labelKey: named('labelKey'),
        label: named('label'),
        weight: named('weight'),
        learner: functions.get(`${uid}/learner`) as never,
      })
    case 'quality':
      return new QualityOperator(context, options as unknown as QualityOptions)
    case 'sink': {
      const format = options.format as JsonObject
      const { partBytes = DEFAULT_PART_BYTES } = options.options as { partBytes?: number }
      return new SinkOperator(context, createRowEncoder(uid, format), sink(uid), {
        partBytes: format.name === 'messages' ? Number.POSITIVE_INFINITY : partBytes,
        timed: plan.clock === 'declared',
      })
    }
    default:
      throw new MillraceError('ML_PLAN', {
        what: `this release has no operator of kind "${kind}"`,
        where: `operator "${uid}"`,
        remedy: 'Run the plan with the release that made it',
      })
  }
}

function missing(uid: string, name: string): never {
  throw new MillraceError('ML_PLAN', {
    what: `the function "${name}" is missing`,
    where: `operator "${uid}"`,
    remedy: `Give ${name}: (record) => ...`,
  })
}
