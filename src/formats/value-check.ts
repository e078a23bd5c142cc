import { MillraceError } from '../errors.ts'

/** Containers inside containers, the outermost counted, in values and in JSON. */
export const MAX_DEPTH = 64

/**
 * Checks that a value is data: that it could travel through the value codec, to state, to another process, and come
 * back equal. Same verdict as `encodeValue`, without the bytes; about 40 ns for a flat object of six fields.
 *
 * Data is null, undefined, booleans, numbers, bigints, strings, Uint8Array, arrays without holes and plain objects.
 * Of an object only its own enumerable properties with string names count, as in JSON; others do not travel.
 *
 * @param where the operator the value came from, for the error
 * @throws ML_VALUE naming the path to what is no data, `.a[3].b`
 */
export function checkValue(value: unknown, where?: string): void {
  if (!isData(value, 0)) throw notData(value, where)
}

/** `depth` is the number of containers around the value. */
function isData(value: unknown, depth: number): boolean {
  if (typeof value !== 'object') return typeof value !== 'function' && typeof value !== 'symbol'
  if (value === null) return true
  if (Array.isArray(value)) return depth < MAX_DEPTH && arrayIsData(value, depth + 1)
  if (!isPlainObject(value)) return isBytes(value)
  return depth < MAX_DEPTH && objectIsData(value, depth + 1)
}

function arrayIsData(array: readonly unknown[], depth: number): boolean {
  for (let i = 0; i < array.length; i++) {
    const item = array[i]
    if (typeof item === 'number' || typeof item === 'string') continue
    if (item === undefined ? !(i in array) : !isData(item, depth)) return false
  }
  return true
}

function objectIsData(object: Record<string, unknown>, depth: number): boolean {
  const inherited = hasEnumerable(Object.prototype)
  for (const name in object) {
    if (inherited && !hasOwn.call(object, name)) continue
    const item = object[name]
    if (typeof item === 'number' || typeof item === 'string' || typeof item === 'boolean') continue
    if (!isData(item, depth)) return false
  }
  return true
}

/** Whether for-in would show names that are not the object's own, because someone put them on its prototype. */
export function hasEnumerable(prototype: object): boolean {
  for (const _ in prototype) return true
  return false
}

export const hasOwn = Object.prototype.hasOwnProperty

/** An object literal's kind of object: its prototype is null or an Object.prototype, of this realm or of another. */
export function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  return Object.getPrototypeOf(prototype) === null && hasOwn.call(prototype, 'isPrototypeOf')
}

export function isBytes(value: object): value is Uint8Array {
  return (
    ArrayBuffer.isView(value) &&
    (value as unknown as { [Symbol.toStringTag]: string })[Symbol.toStringTag] === 'Uint8Array'
  )
}

/** The error for a value that is no data; finds the first offender again, this time keeping the path. */
export function notData(value: unknown, where: string | undefined): MillraceError {
  return refusal(
    offender(value, '', 0, false),
    where,
    'null, undefined, booleans, numbers, bigints, strings, Uint8Array, arrays and plain objects',
  )
}

/** The error for a value that JSON cannot hold. */
export function notJson(value: unknown, where: string | undefined): MillraceError {
  return refusal(
    offender(value, '', 0, true),
    where,
    'null, booleans, finite numbers, strings, arrays and plain objects',
  )
}

function refusal(found: Offender | undefined, where: string | undefined, kinds: string): MillraceError {
  const { path, is } = found ?? { path: '', is: 'not data' }
  return new MillraceError('ML_VALUE', {
    what: `${path === '' ? 'a value' : path} is ${is}`,
    where,
    remedy: `Use ${kinds}, at most ${MAX_DEPTH} deep`,
  })
}

interface Offender {
  readonly path: string
  readonly is: string
}

function offender(value: unknown, path: string, depth: number, json: boolean): Offender | undefined {
  if (typeof value !== 'object' || value === null) {
    const is = scalarFault(value, json)
    return is === undefined ? undefined : { path, is }
  }
  const isArray = Array.isArray(value)
  if (!isArray && !isPlainObject(value)) return isBytes(value) && !json ? undefined : { path, is: instanceText(value) }
  if (depth === MAX_DEPTH) return { path, is: `more than ${MAX_DEPTH} levels deep` }
  if (isArray) {
    for (let i = 0; i < value.length; i++) {
      if (!(i in value)) return { path: `${path}[${i}]`, is: 'a hole in an array' }
      const found = offender(value[i], `${path}[${i}]`, depth + 1, json)
      if (found !== undefined) return found
    }
    return undefined
  }
  for (const name of Object.keys(value)) {
    if (json && value[name] === undefined) continue
    const found = offender(value[name], path + pathStep(name), depth + 1, json)
    if (found !== undefined) return found
  }
  return undefined
}

function scalarFault(value: unknown, json: boolean): string | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`
  if (!json) return undefined
  if (value === undefined) return 'undefined'
  if (typeof value === 'bigint') return 'a bigint'
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : undefined
}

function instanceText(value: object): string {
  const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name
  return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'an object with a prototype of its own'
}

/** One step into an object as code would write it: `.name`, or `["any name"]`. */
export function pathStep(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
}
