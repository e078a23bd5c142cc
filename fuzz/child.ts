/**
 * Fuzzes one target in this process; `run.mjs` starts it, and looks on from outside for hangs and heaps that overflow.
 *
 * Which input comes i-th follows from the seed. Its number is written to a file before it runs, so that the parent knows
 * which one it was that never came back. The last line on standard output is the result as JSON.
 */
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { isMillraceError } from '../src/errors.ts'
import { minimised } from './minimise.ts'
import { Mutator } from './mutator.ts'
import type { FuzzTarget } from './target.ts'
import { targets } from './targets/all.ts'
import { plantedTargets } from './targets/planted.ts'

const { values } = parseArgs({
  options: {
    list: { type: 'boolean' },
    target: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '5' },
    start: { type: 'string', default: '0' },
    progress: { type: 'string' },
    replay: { type: 'string' },
    emit: { type: 'string' },
    each: { type: 'boolean' },
  },
})

/** Inputs made between two draws of structured ones. */
const BATCH = 256
const STRUCTURED = 16
/** Memory is looked at after so many inputs: it takes the system longer to say than most parsers need. */
const WINDOW = 128
/** CPU time after which an input counts as one that hangs. */
const SLOW_MS = 1000
/** Resident memory, code and heap limit included, that no input may push the process to. */
const MOST_MEMORY = 700 << 20

/** Why an input fails; undefined when it does not. */
async function failure(target: FuzzTarget, bytes: Uint8Array): Promise<string | undefined> {
  const before = performance.now()
  const why = await thrown(target, bytes)
  if (why !== undefined || performance.now() - before < SLOW_MS) return why
  // The machine may have been busy with others: the time that counts is our own, and twice.
  for (let again = 0; again < 2; again++) {
    const { user } = process.cpuUsage()
    await thrown(target, bytes)
    if ((process.cpuUsage().user - user) / 1000 < SLOW_MS) return
  }
  return `slow: more than ${SLOW_MS} ms of CPU time`
}

async function thrown(target: FuzzTarget, bytes: Uint8Array): Promise<string | undefined> {
  try {
    const result = target.run(bytes.slice())
    if (result !== undefined) await result
    return
  } catch (error) {
    if (isMillraceError(error)) return
    const { name, message, stack } = error as Error
    return `${name}: ${message}\n${(stack ?? '').split('\n').slice(1, 6).join('\n')}`
  }
}

/** Input `i` of a seed. */
function inputs(target: FuzzTarget, seed: number): (i: number) => Uint8Array {
  const corpus = target.corpus()
  let batch = -1
  let entries = corpus
  let mutator = new Mutator(corpus, target.dictionary)
  return (i) => {
    const wanted = Math.floor(i / BATCH)
    if (wanted !== batch && target.structured !== undefined) {
      const drawn = fc.sample(target.structured, { seed: (seed + 7919 * wanted) | 0, numRuns: STRUCTURED })
      entries = [...corpus, ...drawn]
      mutator = new Mutator(entries, target.dictionary)
    }
    batch = wanted
    const within = i % BATCH
    const whole = wanted === 0 ? within : corpus.length + within
    return whole < entries.length && whole < BATCH / 2 ? entries[whole] : mutator.input(seed * 1_000_003 + i)
  }
}

function finish(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

async function replay(target: FuzzTarget, file: string): Promise<void> {
  const hex = readFileSync(file, 'utf8').trim()
  const why = await failure(target, Uint8Array.from(Buffer.from(hex, 'hex')))
  finish(why === undefined ? { target: target.name, inputs: 1 } : { target: target.name, why, hex })
}

async function fuzz(target: FuzzTarget): Promise<void> {
  const [seed, seconds, start] = [Number(values.seed), Number(values.seconds), Number(values.start)]
  const inputOf = inputs(target, seed)
  if (values.emit !== undefined) {
    writeFileSync(values.emit, Buffer.from(inputOf(start)).toString('hex'))
    return
  }
  const progress = values.progress === undefined ? undefined : openSync(values.progress, 'w')
  const number = new Float64Array(1)
  const until = performance.now() + 1000 * seconds
  let i = start
  for (; performance.now() < until; i++) {
    const bytes = inputOf(i)
    if (progress !== undefined) {
      number[0] = i
      writeSync(progress, number, 0, 8, 0)
    }
    const why =
      (await failure(target, bytes)) ?? (values.each === true || i % WINDOW === WINDOW - 1 ? overMemory() : undefined)
    if (why === undefined) continue
    const small = why.startsWith('memory') ? bytes : await minimised(bytes, why, (less) => failure(target, less))
    finish({ target: target.name, seed, index: i, why, hex: Buffer.from(small).toString('hex') })
    return
  }
  if (progress !== undefined) closeSync(progress)
  finish({ target: target.name, inputs: i - start })
}

function overMemory(): string | undefined {
  if (process.memoryUsage.rss() < MOST_MEMORY) return
  ;(globalThis as { gc?: () => void }).gc?.()
  const rss = process.memoryUsage.rss()
  return rss < MOST_MEMORY ? undefined : `memory: ${rss >> 20} MiB resident`
}

if (values.list === true) finish(targets.map(({ name }) => name))
else {
  const target = [...targets, ...plantedTargets].find(({ name }) => name === values.target)
  if (target === undefined) throw new Error(`there is no target ${values.target}`)
  await target.open?.()
  try {
    if (values.replay !== undefined) await replay(target, values.replay)
    else await fuzz(target)
  } finally {
    await target.close?.()
  }
}
