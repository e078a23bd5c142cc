import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { errorText, isError, isMillraceError } from '../errors.ts'
import { pow } from '../numeric/pow.ts'
import { bundlePipeline } from './bundle.ts'
import { evaluateBundle, explainError } from './evaluate.ts'
import { asPipeline, failure, folderOf, load, removeFolders, process as runWhileProcessing } from './loading.fixture.ts'

afterEach(removeFolders)

const message = async (expression: string) => (await failure(() => runWhileProcessing(expression))).message

describe('the realm of a bundle', () => {
  test('holds the language, console and WebAssembly, and nothing else', async () => {
    const { pipeline } = await load('export default { names: Object.getOwnPropertyNames(globalThis).sort() }')
    expect((pipeline.names as string[]).join(' ')).toBe(
      'AggregateError Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Date Error EvalError ' +
        'Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array JSON Map Math NaN Number Object ' +
        'Promise Proxy RangeError ReferenceError Reflect RegExp Set String Symbol SyntaxError TypeError URIError ' +
        'Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakSet WebAssembly __millrace console decodeURI ' +
        'decodeURIComponent encodeURI encodeURIComponent escape eval globalThis isFinite isNaN parseFloat parseInt ' +
        'undefined unescape'.replace('__millrace ', ''),
    )
  })

  test.each([
    ['Intl', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch', 'process', 'Buffer', 'crypto'],
    ['performance', 'structuredClone', 'TextEncoder', 'TextDecoder', 'WeakRef', 'FinalizationRegistry', 'Atomics'],
    ['SharedArrayBuffer', 'window', 'document', 'global', 'URL', 'Temporal'],
  ])('answers undefined to typeof %s and the like', async (...names) => {
    const { pipeline } = await load(
      `export default {
        free: [${names.map((name) => `typeof ${name}`).join()}],
        owned: [${names.map((name) => `typeof (globalThis as any).${name}`).join()}],
        indirect: [${names.map((name) => `new Function('return typeof ${name}')()`).join()}],
      }`,
    )
    const all = names.map(() => 'undefined')
    expect(pipeline).toMatchObject({ free: all, owned: all, indirect: all })
  })

  test('is strict, so that writing to a frozen record throws', async () => {
    const { pipeline } = await load('export default { write() { (Object.freeze({ a: 1 }) as { a: number }).a = 2 } }')
    expect(pipeline.write).toThrow(/Cannot assign to read only property 'a'/)
  })

  test('is its own: what the prelude changes there is as before in the program', async () => {
    const before = [
      Math.pow,
      Date,
      RegExp,
      String.prototype.normalize,
      Object.getPrototypeOf(Date.prototype).constructor,
    ]
    await load('export default {}')
    expect([Math.pow, Date, RegExp, String.prototype.normalize, Object]).toEqual(before)
    expect('é'.normalize('NFD')).toHaveLength(2)
    expect(new Date(0).getHours()).toBeTypeOf('number')
    expect(Intl.DateTimeFormat).toBeTypeOf('function')
  })

  test('is new for every evaluation', async () => {
    const file = join(folderOf({ 'p.ts': asPipeline('let n = 0\nexport default { next: () => ++n }') }), 'p.ts')
    const bundle = await bundlePipeline(file)
    const [one, two] = [evaluateBundle(bundle), evaluateBundle(bundle)].map(
      ({ pipeline }) => pipeline as never as { next(): number },
    )
    one.next()
    expect([one.next(), two.next()]).toEqual([2, 1])
  })

  test('refuses to be one that belongs to others', async () => {
    const { code } = await bundlePipeline(join(folderOf({ 'p.ts': asPipeline('export default {}') }), 'p.ts'))
    const error = await failure(() => new Function(code)())
    expect(error.message).toBe(
      'ML_IMPURE: a bundle changes the globals of its realm, and this one belongs to others; got "a realm with process". ' +
        'Evaluate it in a new context, as evaluateBundle does.',
    )
    expect(Object.isFrozen(Math)).toBe(false)
  })

  test('sends its console to the one that is given', async () => {
    const console = { debug: vi.fn(), error: vi.fn(), info: vi.fn(), log: vi.fn(), warn: vi.fn() }
    const { pipeline } = await load("export default { say: () => console.log('hello', 1) }", { console })
    ;(pipeline.say as () => void)()
    expect(console.log).toHaveBeenCalledWith('hello', 1)
  })

  test('makes objects of its own from JSON', async () => {
    const { pipeline, fromJson } = await load('export default { own: (v: object) => v.constructor === Object }')
    const own = pipeline.own as (value: unknown) => boolean
    expect([own(fromJson('{"a":1}')), own({ a: 1 })]).toEqual([true, false])
  })
})

describe('the host', () => {
  test("decodes for the pipeline by Node's Buffer, unless told not to", async () => {
    const hostModule = new URL('../bytes/host.ts', import.meta.url).pathname
    const text = `import { host } from ${JSON.stringify(hostModule)}
      export default {
        latin1: (b: Uint8Array) => host.decodeLatin1?.(b, 1, 3),
        utf8: (b: Uint8Array) => host.decodeUtf8?.(b, 0, 5),
        own: () => host.decodeLatin1?.(new Uint8Array([0, 0xff, 0x80]), 1, 3) }`
    const bytes = new Uint8Array([0xef, 0xbb, 0xbf, 0xc3, 0xa9])
    const { pipeline } = await load(text)
    const call = (name: string, of = pipeline) => (of[name] as (bytes: Uint8Array) => string)(bytes)
    expect([call('latin1'), call('utf8'), call('own')]).toEqual(['\u00bb\u00bf', '\ufeffé', '\u00ff\u0080'])
    const bare = await load(text, { capabilities: {} })
    expect([call('latin1', bare.pipeline), call('own', bare.pipeline)]).toEqual([undefined, undefined])
  })
})

describe('while records are processed', () => {
  test('the clock is refused; while a bundle loads it stands at the epoch', async () => {
    expect(await message('Date.now()')).toBe(
      'ML_IMPURE: the current time differs on every run. Use the event time of the record, or a timer of process().',
    )
    expect(await message('new Date()')).toContain('the current time differs on every run')
    expect(await message('Date()')).toContain('the current time differs on every run')
    const { pipeline } = await load('export default { now: Date.now(), date: +new Date(), text: Date() }')
    expect(pipeline).toMatchObject({ now: 0, date: 0, text: 'Thu, 01 Jan 1970 00:00:00 GMT' })
  })

  test('chance is refused, always, with the seeded generator named', async () => {
    expect(await message('Math.random()')).toBe(
      "ML_IMPURE: Math.random gives other numbers on every run. Use new Xoshiro128(seed) from 'millrace' and keep its state with yours.",
    )
    expect((await failure(() => load('export default { id: Math.random() }'))).code).toBe('ML_IMPURE')
  })

  test.each([
    ["'é'.normalize()", 'String.prototype.normalize', 'Normalise the text before it is read'],
    ["'a'.localeCompare('b')", 'String.prototype.localeCompare', 'Compare with < and >'],
    ["'a'.toLocaleUpperCase()", 'String.prototype.toLocaleUpperCase', 'Use toUpperCase()'],
    ["'A'.toLocaleLowerCase()", 'String.prototype.toLocaleLowerCase', 'Use toLowerCase()'],
    ['(1234.5).toLocaleString()', 'Number.prototype.toLocaleString', 'Use toFixed() or String()'],
    ['12n.toLocaleString()', 'BigInt.prototype.toLocaleString', 'Use String()'],
    ['[1, 2].toLocaleString()', 'Array.prototype.toLocaleString', 'Use join()'],
    ['new Uint8Array(2).toLocaleString()', 'TypedArray.prototype.toLocaleString', 'Use join()'],
    ['new Date(0).getHours()', 'Date.prototype.getHours reads the local time zone', 'Use getUTCHours()'],
    ['new Date(0).setMonth(1)', 'Date.prototype.setMonth reads the local time zone', 'Use setUTCMonth()'],
    ['new Date(0).getTimezoneOffset()', 'Date.prototype.getTimezoneOffset', 'a stated offset'],
    ['new Date(0).toString()', 'Date.prototype.toString', 'Use toISOString()'],
    ['`${new Date(0)}`', 'Date.prototype.toString', 'Use toISOString()'],
    ["new Date(0) + ''", 'Date.prototype.toString', 'Use toISOString()'],
    ['new Date(0).toLocaleDateString()', 'Date.prototype.toLocaleDateString', 'Use toISOString().slice(0, 10)'],
    ['new Date(2013, 0, 1)', 'new Date(year, month, ...) reads the local time zone', 'Use new Date(Date.UTC('],
    ["new Date('2013-01-01T00:00:00')", 'a date and time without a zone is local time', 'Write dates as ISO 8601'],
    ["Date.parse('1/2/2013')", 'engines read this date text in different ways; got "1/2/2013"', 'Write dates as ISO'],
    ["new RegExp('[\\\\p{L}]', 'u')", '\\p{} in a regular expression needs Unicode tables', 'List the ranges'],
    ["RegExp('a', 'v')", 'the v flag of regular expressions needs Unicode tables', 'Use the u flag'],
  ])('%s is refused', async (expression, what, remedy) => {
    const text = await message(expression)
    expect(text).toMatch(/^ML_IMPURE: /)
    expect(text).toContain(what)
    expect(text).toContain(remedy)
  })

  test.each([
    ['new Date(1e12).toISOString()', '2001-09-09T01:46:40.000Z'],
    ["new Date('2013-01-31').getTime()", Date.UTC(2013, 0, 31)],
    ["Date.parse('2013-01-31T07:30:00-05:00')", Date.UTC(2013, 0, 31, 12, 30)],
    ['Date.UTC(2013, 1)', Date.UTC(2013, 1)],
    ['new Date(new Date(5)).getUTCMilliseconds()', 5],
    ['JSON.stringify({ at: new Date(0) })', '{"at":"1970-01-01T00:00:00.000Z"}'],
    ['new Date(0) instanceof Date && new Date(0).constructor === Date', true],
    ['new (class Day extends Date { day() { return this.getUTCDate() } })(0).day()', 1],
    ['new Date(3) > new Date(2) && +new Date(3) - +new Date(2)', 1],
    ["new RegExp('a(b)', 'g').exec('xab')?.[1] + String(/x/ instanceof RegExp) + RegExp(/y/i).flags", 'btruei'],
    [
      '[Math.sqrt(2), Math.max(), Math.imul(3, 4), Math.round(-0.5), Math.PI].join()',
      [Math.SQRT2, -Infinity, 12, 0, Math.PI].join(),
    ],
    ['String(Math) + Object.isFrozen(Math) + Math.pow.name + Math.pow.length', '[object Math]truepow2'],
    ["'ÀΣ'.toLowerCase() + 'straße'.toUpperCase() + String.prototype.toLowerCase.name", 'àςSTRASSEtoLowerCase'],
    ['2 ** 10 + (-2) ** 3', 1016],
    ['Number(2n ** 64n + (-3n) ** 3n + 0n ** 0n)', 2 ** 64 - 26],
    ['(() => { let x = 3; x **= 2; const o = { y: 2 }; o.y **= 5; return x + o.y })()', 41],
    ["[...new Set(['b', 'a'])].sort().join('') + 'Ab'.toUpperCase() + (1.005).toFixed(2)", 'abAB1.00'],
  ])('%s works', async (expression, expected) => {
    expect(await runWhileProcessing(expression)).toBe(expected)
  })

  test('** and Math.pow give our bits, not the platform their own', async () => {
    const powers = 'Array.from({ length: 3000 }, (_, i) => [(1 + i / 7) ** (i / 90), Math.pow(i, -0.3)])'
    const ours = Array.from({ length: 3000 }, (_, i) => [pow(1 + i / 7, i / 90), pow(i, -0.3)])
    expect(await runWhileProcessing(powers)).toEqual(ours)
    // Were the platform's bits the same everywhere, this test could not fail.
    expect(ours.some(([power], i) => power !== (1 + i / 7) ** (i / 90))).toBe(true)
  })

  test('powers of big integers fail as the language says', async () => {
    await expect(runWhileProcessing('2n ** -1n')).rejects.toThrow('Exponent must be non-negative')
    await expect(runWhileProcessing('(2n as any) ** 1')).rejects.toThrow(/BigInt/)
  })
})

describe('an error out of a bundle', () => {
  test('is known as one, though its realm is another', async () => {
    const { pipeline } = await load(
      "export default { fail() { throw new TypeError('no x') }, refuse: () => Math.random() }",
    )
    for (const [name, text] of [
      ['fail', 'TypeError: no x'],
      ['refuse', 'ML_IMPURE: Math.random'],
    ] as const) {
      try {
        ;(pipeline[name] as () => void)()
        expect.unreachable()
      } catch (error) {
        expect(error).not.toBeInstanceOf(Error)
        expect(isError(error)).toBe(true)
        expect(isMillraceError(error)).toBe(name === 'refuse')
        expect(errorText(error)).toContain(text)
      }
    }
  })

  test('while it loads names the line of the user', async () => {
    const folder = folderOf({
      'p.ts': "import { port } from './settings.ts'\nexport default { port }",
      'settings.ts':
        'interface A { a: number }\n\nconst none = undefined as unknown as A\nexport const port = none.a\n',
    })
    const bundle = await bundlePipeline(join(folder, 'p.ts'))
    const error = await failure(() => evaluateBundle(bundle))
    expect(error.message.replaceAll(`${folder}/`, '')).toBe(
      "ML_LOAD: the pipeline file threw while it was loaded: TypeError: Cannot read properties of undefined (reading 'a') at settings.ts:4:26.",
    )
    expect(isError(error.cause)).toBe(true)
  })

  test('about a global that only hosts have says what to write instead', async () => {
    const files = {
      'p.ts': asPipeline(
        "import { later } from 'pkg'\nexport default {\n  later: () => later(),\n  odd: () => (undefinedName as number) }",
      ),
      'node_modules/pkg/package.json': '{ "name": "pkg", "type": "module", "exports": "./index.js" }',
      'node_modules/pkg/index.js': 'export const later = () => setTimeout(() => {}, 1)',
    }
    const folder = folderOf(files)
    const bundle = await bundlePipeline(join(folder, 'p.ts'))
    const pipeline = evaluateBundle(bundle).pipeline as never as Record<string, () => void>
    const explained = await failure(() => {
      try {
        pipeline.later()
      } catch (error) {
        throw explainError(bundle, error)
      }
    })
    expect(explained.message.replaceAll(`${folder}/`, '')).toBe(
      'ML_IMPURE: setTimeout does not exist in a pipeline, which also runs in a bare V8 at p.ts:3:16. ' +
        'Use the event-time and processing-time timers of process().',
    )
    const other = new TypeError('x')
    expect(explainError(bundle, other)).toBe(other)
    expect(pipeline.odd).toThrow('undefinedName is not defined')
  })

  test('about a default export that is no pipeline shows what it is', async () => {
    const folder = folderOf({ 'p.ts': 'export default () => 1' })
    const bundle = await bundlePipeline(join(folder, 'p.ts'))
    expect((await failure(() => evaluateBundle(bundle))).message.replaceAll(`${folder}/`, '')).toBe(
      'ML_NOT_PIPELINE: the default export is not a pipeline; got a function at p.ts. ' +
        "Write export default pipeline('name', ({ from }) => { ... }).",
    )
  })
})
