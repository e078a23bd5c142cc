// The contract suites of sources and sinks, run over every connector.
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { hybrid, integer, record, string, time } from 'millrace'
import { jsonl, tail, watch } from 'millrace/file'
import { memory } from 'millrace/memory'
import { type ContractCheck, domainSuite, sinkSuite, sourceSuite } from 'millrace/testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { FileSink } from '../src/connectors/file/sink.ts'
import { FileSource } from '../src/connectors/file/source.ts'
import { TailSource } from '../src/connectors/file/tail-source.ts'
import { WatchSource } from '../src/connectors/file/watch-source.ts'
import { HybridSource } from '../src/connectors/hybrid/source.ts'
import { MemoryEnds } from '../src/connectors/memory/ends.ts'
import { MemorySink } from '../src/connectors/memory/sink.ts'
import { MemorySource } from '../src/connectors/memory/source.ts'
import { StdoutSink } from '../src/connectors/stdout/sink.ts'
import { joined } from '../src/testing/run-result.ts'
import { TransactionalLog, TransactionalSink } from './endless/memory-domain.ts'
import { clicks } from './pipelines/clicks.ts'

function all(checks: readonly ContractCheck[]): void {
  for (const { title, skip, run } of checks) {
    test.skipIf(skip !== undefined)(skip === undefined ? title : `${title} (${skip})`, () => run())
  }
}

const rows = clicks(160, 71)
const site = { job: 'contracts', warn: () => {} }

describe('connectors', () => {
  let folder = ''
  let made = 0
  const fresh = () => join(folder, `sink-${made++}`)
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-contracts-'))
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    await writeFile(join(folder, 'plain.jsonl'), text)
    await writeFile(join(folder, 'small.jsonl'), 'no newline at the end')
    await writeFile(join(folder, 'one.gz'), gzipSync(text))
    await writeFile(join(folder, 'two.gz'), Buffer.concat([gzipSync(text.slice(0, 999)), gzipSync(text.slice(999))]))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const file = (paths: string[]) => ({
    create: () => new FileSource(),
    context: () => ({ uid: 'source', options: { paths }, base: folder, ...site }),
  })
  all(sourceSuite({ name: 'plain files', ...file(['plain.jsonl', 'small.jsonl']) }))
  all(sourceSuite({ name: 'gzip files', ...file(['one.gz', 'two.gz']) }))
  const Row = record({ name: string(), n: integer(), at: time() })
  const lists = [0, 1].map((split) =>
    Array.from({ length: 40 }, (_unused, n) => ({ name: `\u00e9${split}`, n, at: n })),
  )
  const { options } = memory(lists, Row)
  all(
    sourceSuite({
      name: 'memory',
      create: () => new MemorySource(),
      context: () => ({ uid: 'source', options, base: '', ...site }),
    }),
  )

  const growing = async (name: string) => {
    const own = join(folder, `${name}-${made++}`)
    await mkdir(own)
    return own
  }
  all(
    sourceSuite({
      name: 'a file that grows',
      unit: 'line',
      create: () => new TailSource(),
      context: async () => {
        const base = await growing('tail')
        const text = rows.map((row) => `${JSON.stringify(row)}\n`)
        await writeFile(join(base, 'a.jsonl.1'), text.slice(0, 60).join(''))
        await new Promise((resolve) => setTimeout(resolve, 10))
        await writeFile(join(base, 'a.jsonl'), text.slice(60).join(''))
        return { uid: 'source', options: tail('a.jsonl', Row, { rotateWait: '0s' }).options, base, ...site }
      },
      grow: ({ base }) => appendFile(join(base, 'a.jsonl'), 'one more\n'),
    }),
  )
  all(
    sourceSuite({
      name: 'a folder that fills',
      create: () => new WatchSource(),
      context: async () => {
        const base = await growing('watch')
        await writeFile(join(base, 'a.jsonl'), 'some lines\n'.repeat(40))
        await writeFile(join(base, 'b.jsonl.gz'), gzipSync('more lines\n'.repeat(40)))
        return { uid: 'source', options: watch('.', Row, { settle: '0s' }).options, base, ...site }
      },
    }),
  )
  const Named = record({ name: string() })
  const parts = hybrid(jsonl('plain.jsonl', Named), memory(lists, Named))
  const sources = [new FileSource(), new MemorySource()]
  all(
    sourceSuite({
      name: 'history, then live',
      create: () => new HybridSource(sources),
      context: () => ({ uid: 'source', options: parts.options, base: folder, ...site }),
    }),
  )

  all(
    sinkSuite({
      name: 'folder of parts',
      create: () => new FileSink(),
      context: () => ({ uid: 'sink', options: { folder: fresh(), format: { name: 'jsonl' } }, base: folder, ...site }),
      read: ({ options: { folder: target } }) => publicParts(target as string),
    }),
  )
  const ends = new MemoryEnds()
  all(
    sinkSuite({
      name: 'memory',
      create: () => new MemorySink(ends),
      context: () => ({ uid: fresh(), options: {}, base: '', ...site }),
      read: ({ uid }) => ends.bytes(uid),
    }),
  )
  const log = new TransactionalLog()
  all(
    domainSuite({
      name: 'log in memory',
      create: () => new TransactionalSink(log),
      contexts: () => {
        const job = fresh()
        const sink = (uid: string) => ({
          uid,
          options: { log: job, topic: `${job}/${uid}` },
          base: '',
          job,
          warn: () => {},
        })
        return [sink('one'), sink('two')]
      },
      read: ({ options: { topic } }) => log.rows.get(topic as string) ?? [],
      row: (text) => Buffer.from(text),
    }),
  )
  let printed: Uint8Array[] = []
  const stream = {
    write(bytes: Uint8Array, done: () => void): boolean {
      printed.push(bytes)
      setImmediate(done)
      return true
    },
    on: () => {},
  }
  all(
    sinkSuite({
      name: 'stdout',
      create: () => new StdoutSink(stream),
      context: () => {
        printed = []
        return { uid: 'sink', options: {}, base: '', ...site }
      },
      read: () => joined(printed),
    }),
  )
})

/** Parts under their final name, in order. */
async function publicParts(folder: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for (let part = 0; ; part++) {
    const bytes = await readFile(join(folder, `part-${String(part).padStart(5, '0')}.jsonl`)).catch(() => undefined)
    if (bytes === undefined) return joined(parts)
    parts.push(bytes)
  }
}
