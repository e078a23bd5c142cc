/**
 * A program whose functions are given immutable values, so that one that changes its record throws where it does so,
 * rather than giving other results where records travel as bytes.
 */
import type { ValueState } from '../operators/process.ts'
import type { AnyFunction } from './graph.ts'
import { Program } from './program.ts'

export function frozen(program: Program): Program {
  const functions = new Map([...program.functions()].map(([name, fn]) => [name, frozenCalls(fn as AnyFunction)]))
  const schemas = new Map(
    program.plan.sources.flatMap(({ uid }) => {
      const schema = program.schema(uid)
      return schema === undefined ? [] : [[uid, schema] as const]
    }),
  )
  return new Program(program.plan, functions, schemas)
}

function frozenCalls(fn: AnyFunction): AnyFunction {
  return function (this: unknown, ...values: never[]) {
    for (const value of values as unknown[]) {
      freeze(value)
      // The second value of an operator's own function is its context, which holds the state of the key.
      const state = (value as { state?: Partial<ValueState<unknown>> } | null | undefined)?.state
      if (typeof state?.get === 'function') freeze(state.get())
    }
    return fn.apply(this, values)
  }
}

/** Freezes plain objects and arrays all the way down; bytes cannot be frozen. */
function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  if (!Array.isArray(value) && !isPlain(value)) return
  Object.freeze(value)
  for (const part of Object.values(value)) freeze(part)
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype) return false
  // Getters and functions are no data: a context has them.
  return Object.values(Object.getOwnPropertyDescriptors(value)).every(
    (property) => property.get === undefined && typeof property.value !== 'function',
  )
}
