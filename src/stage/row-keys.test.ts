import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { rowCodec } from '../formats/row-codec.ts'
import { MOST_ROWS, RowCursor } from '../formats/row-cursor.ts'
import { number, type RecordSchema, record, string } from '../formats/schema.ts'
import { KernelMemory } from '../numeric/kernel-memory.ts'
import { EncodedKey, type Key, KeyEncoder, keyText } from '../state/key.ts'
import { FrameRows } from './frame-rows.ts'
import { RowKeys } from './row-keys.ts'

interface Row {
  readonly a: string
  readonly b: string | null
  readonly n: number | null
  readonly x: number
}

const schema = record({
  a: string(),
  b: string().nullable(),
  n: number().nullable(),
  x: number(),
}) as RecordSchema<Row> as RecordSchema<unknown>

const anyRow: fc.Arbitrary<Row> = fc.record(
  {
    a: fc.oneof(fc.constantFrom('', 'a', 'aa', 'user-0001', 'ü', 'x'.repeat(150)), fc.string()),
    b: fc.constantFrom(null, '', 'a', 'aa'),
    n: fc.constantFrom(null, 0, 1),
    x: fc.constantFrom(0, -0, 1, 2),
  },
  { noNullPrototype: true },
)

const functions: readonly ((row: Row) => Key)[] = [
  (row) => row.a,
  (row) => row.n,
  (row) => [row.a, row.x],
  (row) => [row.b, row.n, row.a],
  (row) => (row.x > 0 ? row.a : row.n),
  (row) => JSON.stringify(row),
  (row) => `${row.a.slice(0, 1)}${row.b}`,
  () => 'all',
]

/** The keys that `of` gives rows one at a time, or several together. */
class Asker {
  readonly #rows: readonly Row[]
  readonly #ends: readonly number[]
  readonly keys: RowKeys
  readonly #encoder = new KeyEncoder(128)
  readonly #keyOf: (row: Row) => Key
  readonly #block: FrameRows

  /** @param memory that the rows come in */
  constructor(rows: readonly Row[], keyOf: (row: Row) => Key, memory?: KernelMemory) {
    const codec = rowCodec(schema)
    const writer = new ByteWriter()
    this.#rows = rows
    this.#keyOf = keyOf
    this.#ends = rows.map((row) => {
      codec.encode(row, writer)
      return writer.length
    })
    const written = writer.finish()
    const bytes = memory?.window.subarray(1, 1 + written.length) ?? written
    bytes.set(written)
    const cursor = RowCursor.of(schema, memory) as RowCursor
    cursor.begin(bytes, new ByteReader(bytes, 'test'))
    const nowhere = { time: 0, origin: '', split: '', position: 0, path: -1 }
    this.keys = new RowKeys(keyOf as never, 128, memory)
    this.#block = new FrameRows(cursor, { cursor: nowhere, key: new EncodedKey(128) }, this.keys, memory)
    this.#block.clear([{ origin: 'o', split: 's' }])
  }

  expected(i: number): EncodedKey {
    return this.#encoder.encode(this.#keyOf(this.#rows[i]))
  }

  /** Keys of these rows as one block; `use` may tell them where their rows are. */
  ask(numbers: readonly number[], use: (key: EncodedKey, n: number) => void): void {
    const block = this.#block
    numbers.forEach((i, n) => {
      block.row.place(n, i === 0 ? 0 : this.#ends[i - 1], this.#ends[i])
      block.hashes[n] = this.expected(i).hash
    })
    block.count = numbers.length
    expect(this.keys.fill(block, 0)).toBe(numbers.length)
    numbers.forEach((_i, n) => {
      use(this.keys.key(n), n)
    })
    this.keys.keep(0, numbers.length)
  }
}

describe.each([
  ['in JavaScript', (): KernelMemory | undefined => undefined],
  ['by a kernel', (): KernelMemory | undefined => KernelMemory.make(1 << 22)],
] as const)('keys of rows, found %s,', (_how, memory) => {
  test('gives every row the key that its function gives the record, however often it came before', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 80 }), fc.constantFrom(...functions), (rows, keyOf) => {
        const asker = new Asker(rows, keyOf, memory())
        const all = rows.map((_row, i) => i)
        for (let round = 0; round < 3; round++) {
          for (let from = 0; from < rows.length; from += MOST_ROWS) {
            const numbers = all.slice(from, from + MOST_ROWS)
            asker.ask(numbers, (key, n) => {
              const expected = asker.expected(numbers[n])
              expect(keyText(key)).toBe(keyText(expected))
              expect([key.hash, key.group]).toEqual([expected.hash, expected.group])
            })
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('calls the function no more for a key that has come three times, until there are too many others', () => {
    const rows = Array.from({ length: 40_000 }, (_unused, i): Row => ({ a: `key-${i}`, b: null, n: null, x: i }))
    let calls = 0
    const asker = new Asker(
      rows,
      (row) => {
        calls++
        return row.a
      },
      memory(),
    )
    const ask = (i: number): string => {
      let text = ''
      asker.ask([i], (key) => {
        text = keyText(key)
      })
      return text
    }
    const encoder = new KeyEncoder(128)
    for (let i = 0; i < 3; i++) ask(7)
    const before = calls
    expect(ask(7)).toBe(keyText(encoder.encode('key-7')))
    // The test's own question is one.
    expect(calls).toBe(before + 1)
    // Each often enough to be kept.
    for (let i = 0; i < rows.length; i++)
      for (let n = 0; n < 3; n++) expect(ask(i)).toBe(keyText(encoder.encode(rows[i].a)))
    expect(calls).toBeGreaterThan(before + 5 * rows.length)
  })

  test('tells no key the slot of another when there is no more room in the middle of a block', () => {
    const encoder = new KeyEncoder(128)
    const named = Array.from({ length: 20_000 }, (_unused, i): Row => ({ a: `key-${i}`, b: null, n: null, x: i }))
    // Those that come in every block stay where they were kept first: no other key is of their sets.
    const setOf = ({ a }: Row) => encoder.encode(a).hash & 4095
    const stay = new Set(named.slice(0, 8).map(setOf))
    const rows = named.filter((row, i) => i < 8 || !stay.has(setOf(row)))
    const asker = new Asker(rows, (row) => row.a, memory())
    const known = Array.from({ length: 8 }, (_unused, i) => i)
    for (let at = 8; at + 8 <= rows.length; at += 8) {
      const numbers = [...known, ...Array.from({ length: 8 }, (_unused, i) => at + i)]
      // Three times, so that they are kept, and what they were told comes back.
      for (let n = 0; n < 3; n++) {
        asker.ask(numbers, (key, n) => {
          expect(keyText(key)).toBe(keyText(asker.expected(numbers[n])))
          if (key.slotAge === rows) expect(key.slot).toBe(numbers[n])
          Object.assign(key, { slot: numbers[n], slotAge: rows })
        })
      }
    }
  })

  test('hands back what a table told a key, and nothing of an age that has passed', () => {
    const rows: Row[] = ['a', 'b'].map((a) => ({ a, b: null, n: null, x: 0 }))
    const asker = new Asker(rows, (row) => row.a, memory())
    const ask = (i: number, told: object = {}) => {
      let was = {}
      asker.ask([i], (key) => {
        was = { slot: key.slot, slotAge: key.slotAge }
        Object.assign(key, told)
      })
      return was
    }
    for (let n = 0; n < 3; n++) for (const i of [0, 1]) ask(i)
    const [young, old] = [{}, {}]
    ask(0, { slot: 5, slotAge: old })
    ask(1, { slot: 6, slotAge: old })
    expect(ask(0)).toMatchObject({ slot: 5, slotAge: old })
    expect(ask(1)).toMatchObject({ slot: 6, slotAge: old })
    ask(0, { slot: 7, slotAge: young })
    expect(ask(1)).toMatchObject({ slotAge: undefined })
    expect(ask(0)).toMatchObject({ slot: 7, slotAge: young })
  })

  test('knows from then on where the rows of keys are, as long as the table has the age that it told them', () => {
    const rows: Row[] = ['a', 'b', 'c'].map((a) => ({ a, b: null, n: null, x: 0 }))
    const asker = new Asker(rows, (row) => row.a, memory())
    for (let n = 0; n < 3; n++) asker.ask([0, 1, 2], () => {})
    const columns = () => [...asker.keys.addresses.subarray(0, 3)]
    const tell = (key: EncodedKey, n: number, slotAge: object | undefined, address: number) => {
      Object.assign(key, { slot: 5 + n, slotAge })
      asker.keys.tell(n, address)
    }
    const [old, young] = [{}, {}]
    asker.ask([0, 1, 2], (key, n) => {
      // The last one is of no table yet.
      tell(key, n, n < 2 ? old : undefined, 800 + n)
      expect(columns()).toEqual([0, 0, 0])
    })
    asker.ask([1, 0, 2], (key, n) => {
      expect(asker.keys.slotAge).toBe(old)
      expect(columns()).toEqual([801, 800, 0])
      expect(keyText(key)).toBe(keyText(asker.expected([1, 0, 2][n])))
      if (n === 2) tell(key, 2, young, 900)
    })
    asker.ask([0, 1, 2], (key, n) => {
      expect(asker.keys.slotAge).toBe(young)
      expect(columns()).toEqual([0, 0, 900])
      // Told a slot, but no address: that of an age that has passed is not its.
      if (n === 0) Object.assign(key, { slot: 7, slotAge: young })
    })
    asker.ask([0, 2, 1], (key, n) => {
      expect(columns()).toEqual([0, 900, 0])
      expect(n === 0 ? key.slot : 7).toBe(7)
    })
  })
})
