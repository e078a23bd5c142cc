import type { Token } from './tokens.ts'

/** Global names a bare V8 lacks, or whose result depends on the machine, and what to write instead. */
const globals: Readonly<Record<string, string>> = {
  Date: 'take event time from the record; calendar arithmetic is in time/ and formats/',
  Intl: 'there is no locale data in a guest; write the rule out',
  Buffer: 'use Uint8Array and bytes/',
  TextEncoder: 'use bytes/utf8.ts',
  TextDecoder: 'use bytes/utf8.ts',
  URL: 'take the text as it is; connectors parse addresses',
  URLSearchParams: 'take the text as it is; connectors parse addresses',
  AbortController: 'cancelling is the business of an engine',
  AbortSignal: 'cancelling is the business of an engine',
  atob: 'use bytes/',
  btoa: 'use bytes/',
  structuredClone: 'use the value codec in formats/',
  queueMicrotask: 'a stage is synchronous; use a timer of the time service',
  setTimeout: 'use a timer of the time service',
  setInterval: 'use a timer of the time service',
  setImmediate: 'use a timer of the time service',
  clearTimeout: 'use a timer of the time service',
  clearInterval: 'use a timer of the time service',
  clearImmediate: 'use a timer of the time service',
  WeakRef: 'garbage collection must not be visible',
  FinalizationRegistry: 'garbage collection must not be visible',
  globalThis: 'take a capability from bytes/host.ts',
  __dirname: 'a pure room reads no file',
  __filename: 'a pure room reads no file',
}
/** Globals whose names are also good names of our own (the operator `process`): banned where they are used as the object. */
const globalObjects: Readonly<Record<string, string>> = {
  process: 'take it as an option',
  performance: 'measuring is the business of an engine',
  crypto: 'use Xoshiro128 or murmur3 from numeric/',
  console: 'return it or throw it; printing is the business of an engine',
  navigator: 'take it as an option',
}
const globalCalls: Readonly<Record<string, string>> = {
  fetch: 'a pure room reads nothing; write a connector',
  require: 'import it',
}
const members: Readonly<Record<string, string>> = {
  localeCompare: 'compare with < and >, by code unit',
  normalize: 'there is no Unicode data in a guest; leave the text as it came',
}
const exactMath =
  /^(?:abs|floor|ceil|trunc|round|min|max|sqrt|imul|fround|clz32|sign|PI|E|LN2|LN10|LOG2E|LOG10E|SQRT2|SQRT1_2)$/

export interface Impurity {
  readonly line: number
  readonly what: string
  readonly instead: string
}

/** What makes a file depend on the machine, the engine or the clock, with its replacement. */
export function impurities(code: readonly Token[]): Impurity[] {
  const found: Impurity[] = []
  code.forEach((token, index) => {
    const problem = impurity(
      token,
      code[index - 1]?.text ?? '',
      code[index + 1]?.text ?? '',
      code[index + 2]?.text ?? '',
    )
    if (problem !== undefined) found.push({ line: token.line, what: problem[0], instead: problem[1] })
  })
  return found
}

function impurity(token: Token, before: string, after: string, next: string): [string, string] | undefined {
  const { kind, text } = token
  if (kind === 'punctuation') return /^\*\*=?$/.test(text) ? [text, 'use pow from numeric/'] : undefined
  if (kind === 'number') return undefined
  if (kind !== 'name') return textImpurity(token)
  if (before === '.' || before === '?.') {
    if (text.startsWith('toLocale')) return [text, 'there is no locale data in a guest; use the plain method']
    return Object.hasOwn(members, text) ? [text, members[text]] : undefined
  }
  if (text === 'Math') {
    if (after !== '.') return ['Math', 'name the one exact function you need']
    if (next === 'random') return ['Math.random', 'use Xoshiro128 from numeric/, seeded and in the snapshot']
    return exactMath.test(next) ? undefined : [`Math.${next}`, `use ${next} from numeric/`]
  }
  if (text === 'import' && (after === '.' || after === '(')) return [`import${after}`, 'import statically, by name']
  if (after === ':' && before !== '?') return undefined // a property or a parameter of that name
  if (Object.hasOwn(globals, text)) return [text, globals[text]]
  if (/^(?:\.|\?\.|\[)$/.test(after) && Object.hasOwn(globalObjects, text)) return [text, globalObjects[text]]
  return after === '(' && Object.hasOwn(globalCalls, text) ? [text, globalCalls[text]] : undefined
}

function textImpurity({ kind, text }: Token): [string, string] | undefined {
  if (/\\[pP]\{/.test(text)) return ['\\p{}', 'there is no Unicode data in a guest; list the ranges']
  const flags = kind === 'regex' ? text.slice(text.lastIndexOf('/') + 1) : ''
  if (flags.includes('i') && /[uv]/.test(flags)) return [text, 'case folding needs Unicode data; list both cases']
  return undefined
}
