import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MOST_ROWS, RowCursor } from '../formats/row-cursor.ts'
import { boolean, integer, number, type RecordSchema, record, string } from '../formats/schema.ts'
import { anyText, schemaAndRow } from '../formats/value.fixture.ts'
import { KernelMemory } from '../numeric/kernel-memory.ts'
import { EncodedKey, KeyEncoder } from '../state/key.ts'
import { type Envelope, ROOT_PATH } from '../time/identity.ts'
import { anyEnvelope, expectSame, frameOf } from './frame.fixture.ts'
import { edgeDecoder, edgeEncoder, splitFrame, VALUE_AT } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import { FrameRows } from './frame-rows.ts'
import { FrameWriter } from './frame-writer.ts'

function recordsOf(frame: Uint8Array, reader = new FrameReader(edgeDecoder(undefined), 'test')): Envelope[] {
  const envelopes: Envelope[] = []
  reader.read(frame, (envelope) => envelopes.push(envelope))
  return envelopes
}

function nowhere() {
  return { time: 0, origin: '', split: '', position: 0, path: -1 as Envelope['path'] }
}

/** Where a kernel reads frames, and where none does. */
const memories = [undefined, KernelMemory.make(1 << 20)]

/** The rows of a frame where they lie, each as a record, with the hash of its key. */
function eachRow(
  frame: Uint8Array,
  reader: FrameReader,
  schema: RecordSchema<unknown>,
  memory: KernelMemory | undefined,
  take: (envelope: Envelope, hash: number) => void,
): void {
  const row = RowCursor.of(schema, memory) as RowCursor
  const cursor = nowhere()
  const rows = new FrameRows(row, { cursor, key: new EncodedKey(128) }, undefined, memory)
  const placed = memory?.window.subarray(3, 3 + frame.length) ?? frame
  placed.set(frame)
  reader.readRows(placed, rows, () => {
    for (let i = 0; i < rows.count; i++) {
      rows.enter(i)
      row.at(i)
      take({ ...cursor, value: { ...row.record } }, rows.hashes[i])
    }
  })
}

describe('frames', () => {
  test('give back their records, frame after frame, in whatever order frames of several writers come', () => {
    const batches = fc.array(fc.array(anyEnvelope, { minLength: 1, maxLength: 6 }), { maxLength: 6 })
    fc.assert(
      fc.property(batches, (batches) => {
        const writers = [0, 1].map(() => new FrameWriter(edgeEncoder(undefined), undefined, 128))
        const reader = new FrameReader(edgeDecoder(undefined), 'test')
        for (const [i, batch] of batches.entries()) expectSame(recordsOf(frameOf(batch, writers[i % 2]), reader), batch)
      }),
    )
  })

  test('give the same records after splitting: each to the target of its key, in its order', () => {
    const key = (value: unknown) => (value as { key: string }).key
    const keyed = fc.array(
      fc.tuple(anyEnvelope, fc.constantFrom('a', 'b', 'c', 'd', 'e')).map(([envelope, name]): Envelope => {
        return { ...envelope, value: { key: name, of: envelope.value } }
      }),
      { minLength: 1, maxLength: 20 },
    )
    fc.assert(
      fc.property(keyed, fc.integer({ min: 1, max: 4 }), (envelopes, targets) => {
        const targetOf = (hash: number) => (hash >>> 0) % targets
        const frame = frameOf(envelopes, new FrameWriter(edgeEncoder(undefined), key, 128))
        const parts = splitFrame(frame, 'test', targetOf)
        const keys = new KeyEncoder(128)
        for (let target = 0; target < targets; target++) {
          const part = parts.get(target)
          const expected = envelopes.filter(({ value }) => targetOf(keys.encode(key(value)).hash) === target)
          expectSame(part === undefined ? [] : recordsOf(part), expected)
        }
      }),
    )
  })

  test('carry rows of a schema', () => {
    const schema = record({ id: string(), n: integer().nullable(), x: number() })
    const writer = new FrameWriter(edgeEncoder(schema as never), undefined, 128)
    const reader = new FrameReader(edgeDecoder(schema as never), 'test')
    const envelopes = Array.from({ length: 50 }, (_unused, i): Envelope => {
      const value = { id: i % 3 === 0 ? 'twice' : `id-${i}`, n: i % 2 === 0 ? null : i, x: -0 }
      return { time: i, origin: 'rows', split: 's', position: i, path: -1, value }
    })
    expectSame(recordsOf(frameOf(envelopes, writer), reader), envelopes)
    expectSame(recordsOf(frameOf(envelopes, writer), reader), envelopes)
  })

  test('give rows where they lie as they give records: with the same identities, values and hashes', () => {
    const schema = record({ id: string(), x: number() }) as never
    const values = fc.record({ id: anyText, x: fc.double({ noNaN: true }) }, { noNullPrototype: true })
    const key = (value: unknown) => (value as { id: string }).id
    fc.assert(
      fc.property(fc.array(fc.tuple(anyEnvelope, values), { minLength: 1, maxLength: 150 }), (pairs) => {
        const envelopes = pairs.map(([envelope, value]): Envelope => ({ ...envelope, value }))
        const frame = frameOf(envelopes, new FrameWriter(edgeEncoder(schema), key, 128))
        const reader = new FrameReader(edgeDecoder(schema), 'test')
        const keys = new KeyEncoder(128)
        for (const memory of memories) {
          const back: Envelope[] = []
          eachRow(frame, reader, schema, memory, (envelope, hash) => {
            expect(hash).toBe(keys.encode(key(envelope.value)).hash)
            back.push(envelope)
          })
          expectSame(back, envelopes)
        }
      }),
    )
  })

  test('give rows of more places than a byte numbers, in whatever order these come', () => {
    const schema = record({ x: number() }) as never
    const envelopes = Array.from({ length: 400 }, (_unused, i): Envelope => {
      return { time: i, origin: 'rows', split: `part-${(i * 67) % 300}`, position: i, path: -1, value: { x: i } }
    })
    const frame = frameOf(envelopes, new FrameWriter(edgeEncoder(schema), undefined, 128))
    for (const memory of memories) {
      const back: Envelope[] = []
      eachRow(frame, new FrameReader(edgeDecoder(schema), 'test'), schema, memory, (envelope) => back.push(envelope))
      expectSame(back, envelopes)
    }
  })

  test('give rows of any schema, identity and length where they lie as they give records', () => {
    const frames = fc.tuple(schemaAndRow, fc.array(anyEnvelope, { minLength: 1, maxLength: 9 }), fc.nat(9))
    fc.assert(
      fc.property(frames, ([[schema, value], identities, plain]) => {
        const envelopes = identities.map((identity, i): Envelope => {
          return { ...identity, ...(i < plain ? { path: ROOT_PATH } : {}), value }
        })
        const frame = frameOf(envelopes, new FrameWriter(edgeEncoder(schema), undefined, 128))
        for (const memory of memories) {
          const back: Envelope[] = []
          eachRow(frame, new FrameReader(edgeDecoder(schema), 'test'), schema, memory, (one) => back.push(one))
          expectSame(back, envelopes)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('take values for rows where they lie as they take them one by one, up to one that cannot travel', () => {
    const schema = record({ x: number() }) as never
    const judged = record({ ok: number() }) as never
    const shapes = fc.array(anyEnvelope, { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(shapes, fc.nat(60), (identities, failing) => {
        const envelopes = identities.map((envelope, i): Envelope => ({ ...envelope, value: { x: i } }))
        const frame = frameOf(envelopes, new FrameWriter(edgeEncoder(schema), undefined, 128))
        const [together, single] = [0, 1].map(() => new FrameWriter(edgeEncoder(judged), undefined, 128))
        const valueAt = (i: number) => (i === failing ? { ok: 'no' } : { ok: 2 * i })
        const rows = new FrameRows(RowCursor.of(schema) as RowCursor, { cursor: nowhere(), key: new EncodedKey(128) })
        new FrameReader(edgeDecoder(schema), 'test').readRows(frame, rows, () => {
          const done = together.putRows(rows, 0, rows.count, { valueAt })
          expect(done).toBe(Math.min(failing, rows.count))
          if (done < rows.count) expect(together.putRows(rows, done + 1, rows.count, { valueAt })).toBe(rows.count)
        })
        envelopes.forEach((envelope, i) => {
          if (i === failing) expect(() => single.put(envelope, valueAt(i))).toThrow('ML_VALUE')
          else single.put(envelope, valueAt(i))
        })
        // A place that only the refused one had may stand in the table.
        expect(together.take()).toEqual(single.take())
      }),
    )
  })

  test('take values in columns as they take them one by one', () => {
    const schema = record({ x: number() }) as never
    const judged = record({ ok: number(), last: number().nullable() }) as never
    fc.assert(
      fc.property(fc.array(anyEnvelope, { minLength: 1, maxLength: 150 }), (identities) => {
        const envelopes = identities.map((envelope, i): Envelope => ({ ...envelope, value: { x: i } }))
        const frame = frameOf(envelopes, new FrameWriter(edgeEncoder(schema), undefined, 128))
        const [together, single] = [0, 1].map(() => new FrameWriter(edgeEncoder(judged), undefined, 128))
        const rows = new FrameRows(RowCursor.of(schema) as RowCursor, { cursor: nowhere(), key: new EncodedKey(128) })
        const columns = [0, 1].map(() => new Float64Array(MOST_ROWS))
        let before = 0
        const valueAt = (i: number) => ({ ok: before + i, last: i % 3 === 0 ? null : -i })
        const values = { valueAt, columns }
        new FrameReader(edgeDecoder(schema), 'test').readRows(frame, rows, () => {
          for (let i = 0; i < rows.count; i++) {
            columns[0][i] = valueAt(i).ok
            columns[1][i] = valueAt(i).last ?? Number.NaN
          }
          for (let at = 0; at < rows.count; at++) {
            at = together.putRows(rows, at, rows.count, values)
            if (at < rows.count) together.put(envelopes[before + at], valueAt(at))
          }
          for (let i = 0; i < rows.count; i++) single.put(envelopes[before + i], valueAt(i))
          before += rows.count
        })
        expect(before).toBe(envelopes.length)
        expect(together.take()).toEqual(single.take())
      }),
    )
  })

  test('refuse damaged rows as corrupt where they lie, or give what they give as records', () => {
    const schema = record({ id: string(), ok: boolean(), x: number() }) as never
    const envelopes = Array.from({ length: 3 }, (_unused, i): Envelope => {
      return {
        time: i,
        origin: 'rows',
        split: 's',
        position: 200 * i,
        path: -1,
        value: { id: `id-${i}`, ok: i === 1, x: i },
      }
    })
    const whole = frameOf(envelopes, new FrameWriter(edgeEncoder(schema), undefined, 128))
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, cut) => {
        const changed = whole.slice()
        changed[at] = byte
        for (const damaged of [changed, whole.subarray(0, cut)]) {
          const read: Envelope[] = []
          const outcome = (run: () => void): string => {
            try {
              run()
              return 'whole'
            } catch (error) {
              return (error as { code: string }).code
            }
          }
          const expected = outcome(() => {
            new FrameReader(edgeDecoder(schema), 'test').read(damaged, (envelope) => read.push(envelope))
          })
          for (const memory of memories) {
            const shown: Envelope[] = []
            const got = outcome(() => {
              eachRow(damaged, new FrameReader(edgeDecoder(schema), 'test'), schema, memory, (one) => shown.push(one))
            })
            expect(got).toBe(expected)
            expectSame(shown, read)
          }
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('give records of one place the same strings, from frame to frame', () => {
    const envelope: Envelope = { time: 1, origin: 'rows', split: 'a.csv', position: 0, path: -1, value: 1 }
    const writer = new FrameWriter(edgeEncoder(undefined), undefined, 128)
    const one = frameOf(Array<Envelope>(100).fill(envelope), writer)
    const two = frameOf(Array<Envelope>(200).fill(envelope), writer)
    const perRecord = (two.length - one.length) / 100
    // A double and its tag.
    expect(perRecord).toBe(VALUE_AT + 9)
    expect(Buffer.from(two).toString('latin1').split('a.csv')).toHaveLength(2)
  })

  test('do not take a record that cannot travel, and go on as if it had not come', () => {
    const good: Envelope = { time: 1, origin: 'rows', split: 'a', position: 0, path: -1, value: { a: 1 } }
    const writer = new FrameWriter(edgeEncoder(undefined), undefined, 128)
    expect(() => writer.add({ ...good, value: { a: () => 1 } })).toThrow('ML_VALUE')
    expect(writer.take()).toBeUndefined()
    writer.add(good)
    expect(() => writer.add({ ...good, value: [new Map()] })).toThrow('ML_VALUE')
    expect(() => writer.add({ ...good, position: 0.5 })).toThrow('ML_RANGE')
    expectSame(recordsOf(frameOf([good], writer)), [good, good])
  })

  test('refuse damaged bytes as corrupt or of another version, and never otherwise', () => {
    fc.assert(
      fc.property(
        fc.array(anyEnvelope, { minLength: 1, maxLength: 3 }),
        fc.nat(),
        fc.nat(255),
        fc.nat(),
        (envelopes, at, byte, cut) => {
          const whole = frameOf(envelopes)
          const reader = new FrameReader(edgeDecoder(undefined), 'test')
          const bytes = whole.slice()
          bytes[at % bytes.length] = byte
          for (const damaged of [bytes, bytes.subarray(0, cut % bytes.length)]) {
            for (const use of [() => recordsOf(damaged, reader), () => splitFrame(damaged, 'test', () => 0)]) {
              try {
                use()
              } catch (error) {
                expect((error as { code: string }).code).toMatch(/^ML_(CORRUPT|VERSION)$/)
              }
            }
          }
          // What a damaged table leaves behind must not be taken for the next one.
          expectSame(recordsOf(whole, reader), envelopes)
        },
      ),
      { numRuns: 1000 },
    )
    for (const hex of [
      '',
      '03ffffffff', // a table longer than the frame
      '0300000000', // no table
      '03020000000000' + 'ffffffff', // a record longer than the frame
      '030900000000ffffffffffffff0f', // more shapes than bytes
      '0309000000ffffffffffffff0f00', // more places than bytes
      '03020000000000' + '1a00000000000000' + '0000000000000000' + '0000000000000000' + '05' + '000000', // a place that is not in the table
    ]) {
      expect(() => recordsOf(Buffer.from(hex, 'hex')), hex).toThrow('ML_CORRUPT')
    }
    expect(() => recordsOf(Buffer.from('01', 'hex'))).toThrow('ML_VERSION')
  })
})
