/** Makes a record of values in schema order. */
export type RecordConstructor<T> = (values: readonly unknown[]) => T

/**
 * The constructor of records with these fields, in this order, the value of each from its slot (by default its place): a generated object literal where code generation is
 * allowed (all records share one shape from the first on), a loop elsewhere. Both make equal, plain objects:
 * `__proto__` is an ordinary own property, and no prototype is written.
 */
export function recordConstructor<T>(names: readonly string[], slots?: readonly number[]): RecordConstructor<T> {
  const properties = names.map(
    (name, i) => `${name === '__proto__' ? '["__proto__"]' : JSON.stringify(name)}: v[${slots?.[i] ?? i}]`,
  )
  try {
    return new Function('v', `'use strict'; return { ${properties.join(', ')} }`) as RecordConstructor<T>
  } catch {
    return plainRecordConstructor(names, slots)
  }
}

/** The same without code generation. */
export function plainRecordConstructor<T>(names: readonly string[], slots?: readonly number[]): RecordConstructor<T> {
  const from = names.map((_name, i) => slots?.[i] ?? i)
  // Assignment would reach a setter (`__proto__`) or a read-only property of a frozen prototype; definition does not.
  const inherited = names.map((name) => name in Object.prototype)
  return (values) => {
    const record: Record<string, unknown> = {}
    for (let i = 0; i < names.length; i++) {
      if (inherited[i]) {
        Object.defineProperty(record, names[i], {
          value: values[from[i]],
          writable: true,
          enumerable: true,
          configurable: true,
        })
      } else {
        record[names[i]] = values[from[i]]
      }
    }
    return record as T
  }
}
