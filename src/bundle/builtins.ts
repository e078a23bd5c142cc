/** Modules that only Node has, and what a pipeline uses instead. */
import { isBuiltin } from 'node:module'

const program = 'Do this in the program that runs the pipeline, and pass the result as params'
const remedies: Readonly<Record<string, string>> = {
  fs: "Read files through a source and write them through a sink, e.g. csv() from 'millrace/file'",
  crypto: "Use new Xoshiro128(seed) from 'millrace' and keep its state with yours",
  timers: 'Use the event-time and processing-time timers of process()',
  perf_hooks: 'Use the event time of the record',
  process: 'Pass settings as params of the pipeline',
  os: 'Pass settings as params of the pipeline',
  http: 'Connect through a source or a sink',
  https: 'Connect through a source or a sink',
  net: 'Connect through a source or a sink',
  events: 'Operators are synchronous: call the function',
  stream: 'Use the operators of the pipeline: map, filter, flatMap, process',
  buffer: 'Declare a string() field: the format decodes it',
  string_decoder: 'Declare a string() field: the format decodes it',
  util: 'Write the few lines, or use a package without Node modules',
  path: 'Pass paths as params of the pipeline',
  url: 'Pass paths as params of the pipeline',
  assert: 'Throw an Error: the record goes to the rejected output',
}

/** Undefined for a module that is not Node's own; else what to use in its place. */
export function builtinRemedy(specifier: string): string | undefined {
  if (!isBuiltin(specifier)) return undefined
  const name = specifier.replace(/^node:/, '').split('/')[0]
  return Object.hasOwn(remedies, name) ? remedies[name] : program
}
