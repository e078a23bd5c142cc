import { describe, expect, expectTypeOf, test } from 'vitest'
import { ByteWriter } from '../../bytes/writer.ts'
import { jsonDecoder } from '../../formats/json-lines.ts'
import { integer, record, string, time } from '../../formats/schema.ts'
import { encodeValue } from '../../formats/value-codec.ts'
import type { SourceDeclaration } from '../../stream/declarations.ts'
import type { JsonObject, SinkWriter } from '../../stream/ports.ts'
import { MemoryEnds } from './ends.ts'
import { memory } from './index.ts'
import { MemorySink } from './sink.ts'
import { MemorySource } from './source.ts'

const Landing = record({ flight: string(), delay: integer().nullable(), at: time({ utcOffset: '+00:00' }) })
const records = [
  { flight: 'UA1 “ñ”', delay: 12, at: 1_357_020_900_000 },
  { flight: '__proto__', delay: null, at: 1_357_020_960_000 },
]

/** What a source hands out, decoded as the engine does. */
async function read(declaration: SourceDeclaration<unknown>, split = 0, fromOffset = 0) {
  const context = { uid: 'in', options: declaration.options, base: '/' }
  const source = new MemorySource()
  const splits = await source.splits(context)
  const reader = await source.open(context, splits[split], fromOffset)
  const resume = fromOffset > 0 ? { consumed: fromOffset, row: 0, header: null } : undefined
  const { name: _, ...options } = declaration.format
  const decoder = jsonDecoder(declaration.schema, options, resume)
  const found: unknown[] = []
  const take = () => {
    while (decoder.next()) found.push(decoder.rejected ? decoder.rejection.code : decoder.record)
  }
  for (let chunk = await reader.read(); chunk !== null; chunk = await reader.read()) {
    decoder.push(chunk)
    take()
  }
  decoder.end()
  take()
  return { splits, found, consumed: decoder.consumed }
}

describe('a source in memory', () => {
  test('hands out its records, times as they are held', async () => {
    const declaration = memory(records, Landing)
    expectTypeOf(declaration).toEqualTypeOf<
      SourceDeclaration<{ readonly flight: string; readonly delay: number | null; readonly at: number }>
    >()
    const { splits, found, consumed } = await read(declaration)
    expect(found).toEqual(records)
    expect(splits).toEqual([{ id: '0', sizeBytes: consumed }])
  })

  test('has a split for each list, and resumes at an offset', async () => {
    const declaration = memory([[records[0]], [], [records[1], records[0]]], Landing)
    expect((await read(declaration)).splits.map(({ id }) => id)).toEqual(['0', '1', '2'])
    expect((await read(declaration, 1)).found).toEqual([])
    const { consumed } = await read(memory([records[1]], Landing))
    expect((await read(declaration, 2, consumed)).found).toEqual([records[0]])
    await expect(read(declaration, 1, 5)).rejects.toMatchObject({ code: 'ML_SOURCE_CHANGED' })
    expect((await read(memory([], Landing))).splits).toEqual([{ id: '0', sizeBytes: 0 }])
  })

  test('takes lines that are no records, as a file might hold them', async () => {
    const { found } = await read(memory(['{"flight":', records[0], '\ud800'], Landing))
    expect(found).toEqual(['ML_MALFORMED', records[0], 'ML_MALFORMED'])
  })

  test('is JSON: in the plan and in the bundle', async () => {
    const { schema, ...rest } = memory(records, Landing)
    expect(JSON.parse(JSON.stringify(rest))).toEqual(rest)
    expect(schema.fields[2]).toMatchObject({ name: 'at', type: 'time', unit: 'ms' })
  })

  test('refuses what JSON cannot hold, and what is no list', () => {
    expect(() => memory([{ ...records[0], delay: Number.NaN }], Landing)).toThrow(/ML_VALUE.*split 0, record 0/)
    expect(() => memory({} as never, Landing)).toThrow(/ML_RANGE/)
    // @ts-expect-error a record of another shape
    memory([{ flight: 1 }], Landing)
  })

  test('keeps the check of its schema', async () => {
    const check = {
      '~standard': { version: 1 as const, vendor: 'test', validate: () => ({ issues: [{ message: 'never' }] }) },
    }
    const Checked = record({ a: integer() }, { validate: check })
    expect((await read(memory([{ a: 1 }], Checked))).found).toEqual(['ML_CHECK'])
  })
})

describe('a sink in memory', () => {
  const open = (ends: MemoryEnds, prepared?: JsonObject): Promise<SinkWriter> =>
    new MemorySink(ends).open({ uid: 'out', options: memory().options, base: '/' }, prepared && { prepared })

  function append(writer: SinkWriter, value: unknown): void {
    const bytes = new ByteWriter()
    bytes.u32(0)
    encodeValue(value, bytes)
    bytes.patchU32(0, bytes.length - 4)
    writer.append(bytes.view())
    bytes.bytes.fill(0)
  }

  test('shows rows once they are committed, each once', async () => {
    const ends = new MemoryEnds()
    const writer = await open(ends)
    append(writer, { id: 1, of: [1n, undefined, null] })
    const first = await writer.prepare(1)
    append(writer, 'two')
    expect(ends.rows('out')).toEqual([])
    await writer.commit(1, first)
    await writer.commit(1, first)
    expect(ends.rows('out')).toEqual([{ id: 1, of: [1n, undefined, null] }])
    const second = await writer.prepare(2)
    append(writer, 3)
    await writer.commit(2, second)
    expect(ends.rows('out')).toEqual([{ id: 1, of: [1n, undefined, null] }, 'two'])
  })

  test('commits at recovery what was prepared, also into new memory, and drops what was not', async () => {
    for (const fresh of [false, true]) {
      const ends = new MemoryEnds()
      const writer = await open(ends)
      append(writer, 'a')
      await writer.commit(1, await writer.prepare(1))
      append(writer, 'b')
      const prepared = JSON.parse(JSON.stringify(await writer.prepare(2)))
      append(writer, 'lost')
      const world = fresh ? new MemoryEnds() : ends
      const next = await open(world, prepared)
      await next.commit(2, prepared)
      append(next, 'c')
      await next.commit(3, await next.prepare(3))
      expect(world.rows('out')).toEqual(fresh ? ['b', 'c'] : ['a', 'b', 'c'])
    }
  })

  test('goes on from a checkpoint whose commit was done, and takes over several that were not', async () => {
    const ends = new MemoryEnds()
    let writer = await open(ends)
    append(writer, 'a')
    await writer.prepare(1)
    append(writer, 'b')
    const second = await writer.prepare(2)
    await writer.commit(2, second)
    writer = await open(ends, second)
    await writer.commit(2, second)
    append(writer, 'c')
    await writer.commit(3, await writer.prepare(3))
    expect(ends.rows('out')).toEqual(['a', 'b', 'c'])
  })

  test('commits two cuts that were prepared before either was committed', async () => {
    const ends = new MemoryEnds()
    const writer = await open(ends)
    append(writer, 'a')
    const first = await writer.prepare(1)
    append(writer, 'b')
    const second = await writer.prepare(2)
    await writer.commit(1, first)
    expect(ends.rows('out')).toEqual(['a'])
    await writer.commit(2, second)
    expect(ends.rows('out')).toEqual(['a', 'b'])
  })

  test('refuses what would show rows twice or not at all', async () => {
    const ends = new MemoryEnds()
    const writer = await open(ends)
    append(writer, 'a')
    const first = await writer.prepare(1)
    await writer.commit(1, first)
    append(writer, 'b')
    await writer.commit(2, await writer.prepare(2))
    await expect(open(ends)).rejects.toMatchObject({ code: 'ML_SINK_EXISTS' })
    await expect(open(ends, first)).rejects.toMatchObject({ code: 'ML_SINK_AHEAD' })
    const later = { format: 1, from: 1000, to: 1003, rows: 'AAAA' }
    await expect(open(ends, later)).rejects.toMatchObject({ code: 'ML_SINK_LOST' })
    for (const wrong of [{}, { ...later, to: 1004 }, { ...later, rows: 7 }, { ...later, from: -1 }]) {
      await expect(open(ends, wrong as JsonObject)).rejects.toMatchObject({ code: 'ML_CORRUPT' })
    }
    await new MemorySink(ends).clear({ uid: 'out', options: {}, base: '/' })
    expect(ends.rows('out')).toEqual([])
    await open(ends)
    await expect(writer.prepare(3)).resolves.toBeDefined()
  })

  test('of a run that was replaced commits nothing more', async () => {
    const ends = new MemoryEnds()
    const writer = await open(ends)
    append(writer, 'a')
    const prepared = await writer.prepare(1)
    await open(ends)
    await expect(writer.commit(1, prepared)).rejects.toMatchObject({ code: 'ML_FENCED' })
  })
})
