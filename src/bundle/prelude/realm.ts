/**
 * Makes the realm it runs in the one that pipeline code sees: the language and nothing else, the same in Node, in a
 * bare V8 and in a browser worker, whatever the engine offers beside.
 */
import { pureDate } from './date.ts'
import { define, forbid, type Phase, refuse } from './impure.ts'
import { unifyLetterCase } from './letter-case.ts'
import { pureMath } from './math.ts'
import { pureRegExp } from './regexp.ts'

/**
 * What stays: the globals of ECMAScript 2023, `console` and WebAssembly. Gone are, of the language, what shows garbage
 * collection or waits (WeakRef, FinalizationRegistry, Atomics, SharedArrayBuffer), Intl, and whatever a newer engine
 * or a host adds, so that `typeof X` says the same everywhere.
 */
const kept = new Set(
  [
    'globalThis Infinity NaN undefined eval isFinite isNaN parseFloat parseInt decodeURI decodeURIComponent encodeURI',
    'encodeURIComponent escape unescape Object Function Boolean Symbol Error AggregateError EvalError RangeError',
    'ReferenceError SyntaxError TypeError URIError Number BigInt Math Date String RegExp Array Int8Array Uint8Array',
    'Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array BigInt64Array BigUint64Array Float32Array',
    'Float64Array Map Set WeakMap WeakSet ArrayBuffer DataView JSON Promise Reflect Proxy console WebAssembly',
  ].flatMap((line) => line.split(' ')),
)

let phase: Phase = 'loading'

/** Called by the engine when the plan is built and the first record comes: from then on there is no clock. */
export function setPhase(next: Phase): void {
  phase = next
}

/** Changes the realm for good. @throws ML_IMPURE in a realm that is not the bundle's own */
export function purify(realm: typeof globalThis): void {
  refuseForeignRealm(realm)
  for (const name of Object.getOwnPropertyNames(realm)) {
    if (!kept.has(name)) Reflect.deleteProperty(realm, name)
  }
  replace(realm, 'Math', pureMath(realm.Math))
  replace(
    realm,
    'Date',
    pureDate(realm.Date, () => phase),
  )
  replace(realm, 'RegExp', pureRegExp(realm.RegExp))
  unifyLetterCase(realm.String.prototype)
  forbidLocale(realm)
}

/** Deleted and made anew rather than assigned: V8 then still takes the global for a constant and inlines its functions. */
function replace(realm: object, name: string, value: unknown): void {
  Reflect.deleteProperty(realm, name)
  define(realm, name, value)
}

function refuseForeignRealm(realm: typeof globalThis): void {
  const foreign = ['process', 'document', 'require'].find((name) => name in realm)
  if (foreign === undefined && !Object.isFrozen(realm.Math)) return
  refuse(
    'a bundle changes the globals of its realm, and this one belongs to others',
    'Evaluate it in a new context, as evaluateBundle does',
    foreign === undefined ? 'a realm with a bundle in it' : `a realm with ${foreign}`,
  )
}

function forbidLocale(realm: typeof globalThis): void {
  const text = realm.String.prototype
  const tables = 'needs Unicode tables that differ between engines'
  forbid(text, 'normalize', `String.prototype.normalize ${tables}`, 'Normalise the text before it is read')
  forbid(
    text,
    'localeCompare',
    'String.prototype.localeCompare depends on the locale',
    'Compare with < and >, which order by UTF-16 units',
  )
  for (const name of ['toLowerCase', 'toUpperCase']) {
    const local = name.replace('to', 'toLocale')
    forbid(text, local, `String.prototype.${local} depends on the locale`, `Use ${name}()`)
  }
  const owners: [string, object, string][] = [
    ['Number', realm.Number.prototype, 'Use toFixed() or String()'],
    ['BigInt', realm.BigInt.prototype, 'Use String()'],
    ['Array', realm.Array.prototype, 'Use join()'],
    ['TypedArray', Object.getPrototypeOf(realm.Int8Array.prototype) as object, 'Use join()'],
  ]
  for (const [name, prototype, remedy] of owners) {
    forbid(prototype, 'toLocaleString', `${name}.prototype.toLocaleString depends on the locale`, remedy)
  }
}
