import { describe, expect, it } from 'vitest'
import { plainRecordConstructor, recordConstructor } from './record-constructor.ts'

const names = ['id', '__proto__', 'constructor', 'toString', 'a "b"\n\u2028${c}', '10', '2', 'é']
const values = names.map((_, i) => i)

describe('record constructors', () => {
  it('make equal objects, generated or not, whatever the names', () => {
    const generated = recordConstructor<Record<string, unknown>>(names)(values)
    const plain = plainRecordConstructor<Record<string, unknown>>(names)(values)
    for (const made of [generated, plain]) {
      expect(Object.entries(made)).toEqual(Object.entries(generated))
      expect(Object.getPrototypeOf(made)).toBe(Object.prototype)
      expect(Object.getOwnPropertyDescriptor(made, '__proto__')).toEqual({
        value: 1,
        writable: true,
        enumerable: true,
        configurable: true,
      })
      for (const [i, name] of names.entries()) expect(Object.getOwnPropertyDescriptor(made, name)?.value).toBe(i)
    }
    expect(Object.keys(recordConstructor<object>(['b', 'a'])([1, 2]))).toEqual(['b', 'a'])
  })

  it('fall back where code generation is forbidden', () => {
    const original = globalThis.Function
    globalThis.Function = function forbidden() {
      throw new EvalError('no code generation')
    } as never
    try {
      expect(recordConstructor(['a', 'b'])([1, 2])).toEqual({ a: 1, b: 2 })
    } finally {
      globalThis.Function = original
    }
  })
})
