/**
 * Globals that Node or a browser has and a pipeline has not, and what to write instead. They are not defined at all,
 * so that `typeof X` answers as in a bare V8; a use is refused when the bundle is made, or explained when it fails.
 */
const host = 'Do this outside the pipeline and pass the result as params, or through a source'
const timer = 'Use the event-time and processing-time timers of process()'
const bytes = 'Declare a string() field: the format decodes it, and strings travel as they are'
const clock = 'Use the event time of the record'
const locale = 'Write numbers by toFixed() and dates by toISOString(), and compare texts with < and >'

const remedies: Readonly<Record<string, string>> = {
  Intl: locale,
  Temporal: 'Count in milliseconds of UTC: Date.UTC(), the UTC methods of Date',
  setTimeout: timer,
  setInterval: timer,
  setImmediate: timer,
  clearTimeout: timer,
  clearInterval: timer,
  clearImmediate: timer,
  queueMicrotask: 'Operators are synchronous: call the function',
  requestAnimationFrame: timer,
  performance: clock,
  process: 'Pass settings as params of the pipeline',
  global: 'Use globalThis',
  fetch: host,
  XMLHttpRequest: host,
  WebSocket: host,
  window: host,
  document: host,
  navigator: host,
  localStorage: host,
  __dirname: 'Pass paths as params of the pipeline',
  __filename: 'Pass paths as params of the pipeline',
  Buffer: bytes,
  TextEncoder: bytes,
  TextDecoder: bytes,
  crypto: "Use new Xoshiro128(seed) from 'millrace' and keep its state with yours",
  structuredClone: 'Records are immutable: build the new object with { ...record, field: value }',
  URL: 'Parse the text with a regular expression',
  URLSearchParams: 'Parse the text with a regular expression',
  AbortController: host,
  WeakRef: 'Hold the object: what garbage collection shows differs on every run',
  FinalizationRegistry: 'Hold the object: what garbage collection shows differs on every run',
  Atomics: 'A stage runs in one thread: use plain arrays',
  SharedArrayBuffer: 'A stage runs in one thread: use ArrayBuffer',
}

/** What stands for an absent global in the bundle's code, so that a use can be told from a string or a comment. */
const prefix = '__millrace_absent_'

/** For esbuild's `define`: it renames free identifiers only, never a local, a string or a comment. */
export const absentMarks: Record<string, string> = Object.fromEntries(
  Object.keys(remedies).map((name) => [name, prefix + name]),
)

/** Every use of an absent global in bundled code: its name and place; `typeof X` is a question, not a use. */
export function* absentUses(code: string): Generator<{ name: string; offset: number; asked: boolean }> {
  for (const found of code.matchAll(/(typeof )?__millrace_absent_(\w+)/g)) {
    const asked = found[1] !== undefined
    yield { name: found[2], offset: found.index + (found[1]?.length ?? 0), asked }
  }
}

/** What to write instead of a global; undefined when it is none of those that hosts are known to have. */
export function absentRemedy(name: string): string | undefined {
  const plain = name.startsWith(prefix) ? name.slice(prefix.length) : name
  return Object.hasOwn(remedies, plain) ? remedies[plain] : undefined
}

/** The name of the global in an engine's text, such as '__millrace_absent_fetch is not defined'. */
export function absentName(message: string): string | undefined {
  const found = /^(\w+) is not defined$/.exec(message)
  const name = found?.[1].replace(prefix, '')
  return name !== undefined && Object.hasOwn(remedies, name) ? name : undefined
}
