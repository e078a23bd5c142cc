import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { boolean, integer, number, record, string, time } from '../formats/schema.ts'
import { ReferenceEncoder } from './feature-encoder.reference.ts'
import { FeatureEncoder } from './feature-encoder.ts'
import { type FeatureSpec, fixedSlots } from './feature-spec.ts'
import type { FeatureVector } from './feature-vector.ts'
import { features } from './features.ts'

const Flight = record({
  carrier: string(),
  origin: string(),
  gate: string().nullable(),
  late: boolean(),
  distance: number(),
  seats: integer().nullable(),
  at: time(),
  landed: time().nullable(),
})

const list = features(Flight)
  .numeric('distance', 'seats')
  .categorical('carrier', { max: 4 })
  .hourOfDay('at', { utcOffset: '-05:00', as: 'hour' })
  .categorical('late', 'gate')
  .dayOfWeek('landed', { utcOffset: '+05:30', as: 'day' })
  .cross('origin', 'carrier', { max: 5 })
  .cross('hour', 'late')
  .cross('gate', 'day', 'origin')

const flight = {
  carrier: 'UA',
  origin: 'EWR',
  gate: 'A1',
  late: true,
  distance: 1400,
  seats: 149,
  at: 1357034100000,
  landed: 1357050000000,
}

const flights = fc.record({
  carrier: fc.constantFrom('UA', 'AA', 'B6', 'DL', 'EV', 'MQ', '', 'é'),
  origin: fc.constantFrom('EWR', 'LGA', 'JFK'),
  gate: fc.option(fc.string({ maxLength: 2 })),
  late: fc.boolean(),
  distance: fc.double({ min: -1e15, max: 1e15, noNaN: true }),
  seats: fc.option(fc.integer()),
  at: fc.integer({ min: -1e13, max: 4e12 }),
  landed: fc.option(fc.integer({ min: 0, max: 4e12 })),
})

describe('FeatureEncoder', () => {
  it('gives the slots and names that a reference by names and maps gives, with and without generated code', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(flights, fc.boolean()), { maxLength: 60 }), (stream) => {
        const reference = new ReferenceEncoder(list.spec)
        const encoders = [true, false].map((generate) => new FeatureEncoder(list.spec, { generate }))
        for (const [input, grow] of stream) {
          const expected = reference.encode(input, grow)
          for (const encoder of encoders) expect(named(encoder, input, grow)).toEqual(expected)
        }
        for (const encoder of encoders) {
          expect(names(encoder)).toEqual(reference.names)
          expect(encoder.overflowed).toBe(reference.overflowed)
        }
      }),
    )
  })

  it('tells hour and day of the week at a fixed offset, Monday first, before 1970 too', () => {
    const spec = features(Flight).hourOfDay('at', { utcOffset: '-05:00' }).dayOfWeek('at', { utcOffset: '-05:00' }).spec
    const encoder = new FeatureEncoder(spec)
    const at = (iso: string) => named(encoder, { ...flight, at: Date.parse(iso) }, false).active
    expect(at('2013-01-01T05:15:00Z')).toEqual(['hourOfDay(at)=0', 'dayOfWeek(at)=1'])
    expect(at('2013-01-01T04:59:59.999Z')).toEqual(['hourOfDay(at)=23', 'dayOfWeek(at)=0'])
    expect(at('1969-12-28T12:00:00Z')).toEqual(['hourOfDay(at)=7', 'dayOfWeek(at)=6'])
  })

  it('refuses what is no finite number within bounds, no text, no boolean, no time and no record, and changes nothing', () => {
    const wrong: [Record<string, unknown>, RegExp][] = [
      [{ distance: NaN }, /ML_FEATURE.*finite.*got NaN at feature "distance"/],
      [{ distance: Infinity }, /got Infinity/],
      [{ distance: -Infinity }, /got -Infinity/],
      [{ distance: 1e308 }, /got 1e\+308/],
      [{ distance: -1e20 }, /magnitude 1000000000000000 at most/],
      [{ distance: '12' }, /got "12"/],
      [{ distance: null }, /got null/],
      [{ distance: undefined }, /the record has no "distance"/],
      [{ seats: 'many' }, /feature "seats"/],
      [{ carrier: 1 }, /a string; got 1 at feature "carrier"/],
      [{ carrier: null }, /got null at feature "carrier"/],
      [{ gate: 7 }, /feature "gate"/],
      [{ late: 1 }, /true or false; got 1/],
      [{ at: '2013-01-01' }, /a time; got "2013-01-01"/],
      [{ at: NaN }, /a time; got NaN/],
      [{ at: 1e300 }, /a time/],
    ]
    for (const generate of [true, false]) {
      const encoder = new FeatureEncoder(list.spec, { generate })
      encoder.encode(flight, encoder.vector(), true)
      const before = bytes(encoder)
      for (const [part, message] of wrong) {
        const poisoned = { ...flight, carrier: 'new', origin: 'new', ...part }
        expect(() => encoder.encode(poisoned, encoder.vector(), true), JSON.stringify(part)).toThrow(message)
        expect(bytes(encoder)).toEqual(before)
      }
      expect(() => encoder.encode(null, encoder.vector(), true)).toThrow(/ML_FEATURE.*got null/)
      expect(() => encoder.encode('UA', encoder.vector(), true)).toThrow(/ML_FEATURE/)
    }
  })

  it('keeps the bits of -0, 5e-324 and 1e15, and leaves nulls out', () => {
    const spec = features(Flight).numeric('distance', 'seats').categorical('gate').cross('gate', 'carrier').spec
    const encoder = new FeatureEncoder(spec)
    const out = encoder.vector()
    for (const distance of [-0, 5e-324, 1e15, -1e15]) {
      encoder.encode({ ...flight, distance }, out, true)
      expect(Object.is(out.dense[0], distance)).toBe(true)
    }
    encoder.encode({ ...flight, seats: null, gate: null }, out, true)
    expect([out.missingCount, out.missing[1], out.dense[1], out.activeCount]).toEqual([1, 1, 0, 0])
    expect(out.denseOrMissing(1)).toBeNaN()
    encoder.encode(flight, out, true)
    expect([out.missingCount, out.missing[1], out.dense[1], out.activeCount]).toEqual([0, 0, 149, 2])
  })

  it('puts categories past the bound into one shared slot, counts them, and goes on after the bound was raised', () => {
    const of = (max: number) => features(Flight).categorical('carrier', { max }).spec
    const encoder = new FeatureEncoder(of(2))
    for (const carrier of ['UA', 'AA', 'B6', 'DL', 'UA']) encoder.encode({ ...flight, carrier }, encoder.vector(), true)
    expect(names(encoder)).toEqual(['carrier=UA', 'carrier=AA', 'carrier=<other>'])
    expect(encoder.overflowed).toBe(2)
    expect(named(encoder, { ...flight, carrier: 'EV' }, false).active).toEqual(['carrier=<other>'])
    const wider = new FeatureEncoder(of(3))
    expect(wider.restore(reader(encoder)).identity).toBe(true)
    expect(wider.overflowed).toBe(2)
    expect(named(wider, { ...flight, carrier: 'DL' }, true).active).toEqual(['carrier=DL'])
    expect(names(wider)).toEqual(['carrier=UA', 'carrier=AA', 'carrier=<other>', 'carrier=DL'])
  })

  it('hashes to a fixed number of slots, the same on every run, and remembers the first name of each', () => {
    const spec = features(Flight)
      .numeric('distance')
      .categorical('carrier', { hashBits: 2 })
      .cross('carrier', 'late', { hashBits: 3 }).spec
    const encoder = new FeatureEncoder(spec)
    expect([encoder.fixedSlots, encoder.slots]).toEqual([13, 13])
    const slots = ['UA', 'AA', 'B6', 'DL', 'EV', 'MQ'].map((carrier) => {
      const out = encoder.vector()
      encoder.encode({ ...flight, carrier }, out, true)
      return [...out.active]
    })
    // Golden: murmur3_x86_32 of the UTF-8 bytes, seed 0; a cross hashes each part with the hash of the last as seed.
    expect(slots).toEqual([
      [3, 7],
      [2, 9],
      [1, 12],
      [4, 11],
      [2, 12],
      [2, 8],
    ])
    const first = slots.findIndex(([slot]) => slot === slots[5][0])
    expect(encoder.slotName(slots[5][0])).toBe(`carrier=${['UA', 'AA', 'B6', 'DL', 'EV', 'MQ'][first]}`)
    const restored = new FeatureEncoder(spec)
    expect(restored.restore(reader(encoder)).identity).toBe(true)
    expect(names(restored)).toEqual(names(encoder))
    const perKey = new FeatureEncoder(spec, { mode: 'perKey' })
    const before = bytes(perKey)
    expect(named(perKey, flight, true).active[0]).toMatch(/^carrier#\d$/)
    expect(bytes(perKey)).toEqual(before)
  })

  it('knows the number of slots beforehand when every category is reserved or hashed, and per key insists on it', () => {
    const reserved = features(Flight)
      .numeric('distance')
      .categorical('late')
      .hourOfDay('at', { utcOffset: 'Z', as: 'hour' })
    expect(fixedSlots(reserved.cross('hour', 'late').spec)).toBe(1 + 2 + 24 + 48)
    expect(fixedSlots(reserved.categorical('carrier', { hashBits: 8 }).spec)).toBe(1 + 2 + 24 + 256)
    const open = reserved.categorical('carrier').spec
    expect(fixedSlots(open)).toBeUndefined()
    expect(() => new FeatureEncoder(open, { mode: 'perKey' })).toThrow(/ML_RANGE.*\["carrier"\].*hashBits/)
    expect(new FeatureEncoder(reserved.spec, { mode: 'perKey' }).slots).toBe(27)
  })

  it('gives the same bytes after a snapshot and restore, and goes on as if nothing had happened', () => {
    fc.assert(
      fc.property(fc.array(flights, { maxLength: 40 }), fc.nat(40), (stream, cut) => {
        const straight = new FeatureEncoder(list.spec)
        let broken = new FeatureEncoder(list.spec)
        stream.forEach((input, i) => {
          if (i === cut) {
            const next = new FeatureEncoder(list.spec)
            expect(next.restore(reader(broken))).toMatchObject({ dense: 2, identity: true })
            broken = next
          }
          expect(named(broken, input, true)).toEqual(named(straight, input, true))
        })
        expect(bytes(broken)).toEqual(bytes(straight))
      }),
    )
  })

  it('restores into an edited list of features: what stays keeps its slots by name', () => {
    const before = features(Flight)
      .numeric('distance')
      .categorical('carrier', 'gate')
      .cross('origin', 'carrier')
      .categorical('late')
    const edits: Record<string, FeatureSpec> = {
      'a numeric input added in front': features(Flight)
        .numeric('seats', 'distance')
        .categorical('carrier', 'gate')
        .cross('origin', 'carrier')
        .categorical('late').spec,
      'a numeric input removed': features(Flight)
        .categorical('carrier', 'gate')
        .cross('origin', 'carrier')
        .categorical('late').spec,
      'a categorical input removed': features(Flight)
        .numeric('distance')
        .categorical('gate')
        .cross('origin', 'carrier')
        .categorical('late').spec,
      'a cross removed': features(Flight).numeric('distance').categorical('carrier', 'gate', 'late').spec,
      'a categorical input added': before.categorical('origin').spec,
      'a clock added': before.hourOfDay('at', { utcOffset: 'Z' }).spec,
      'an input hashed from now on': features(Flight)
        .numeric('distance')
        .categorical('gate')
        .categorical('carrier', { hashBits: 3 }).spec,
      'another order': features(Flight)
        .numeric('distance')
        .categorical('late', 'gate')
        .cross('origin', 'carrier')
        .categorical('carrier').spec,
    }
    const old = new FeatureEncoder(before.spec)
    for (const carrier of ['UA', 'AA', 'B6']) {
      for (const gate of ['A', null, 'B'])
        old.encode({ ...flight, carrier, gate, origin: gate ?? 'JFK' }, old.vector(), true)
    }
    for (const [edit, spec] of Object.entries(edits)) {
      const encoder = new FeatureEncoder(spec)
      const map = encoder.restore(reader(old))
      expect(map.identity, edit).toBe(false)
      expect(map.dense, edit).toBe(1)
      const hashed = edit.includes('hashed')
      const kept = new Set([...spec.numeric, ...spec.categorical].map(({ name }) => name))
      for (let slot = 0; slot < old.slots; slot++) {
        const name = old.slotName(slot)
        const feature = name.split('=')[0]
        const stays = kept.has(feature) && !(hashed && feature === 'carrier')
        expect(map.slots[slot] >= 0, `${edit}: ${name}`).toBe(stays)
        if (stays) expect(encoder.slotName(map.slots[slot]), edit).toBe(name)
      }
      // A known category is found again; nothing is given twice.
      const slots = encoder.slots
      const known = named(encoder, { ...flight, carrier: 'B6', gate: 'B', origin: 'B' }, false).active
      for (const name of ['gate=B', 'origin×carrier=B×B6']) {
        if (kept.has(name.split('=')[0])) expect(known, edit).toContain(name)
      }
      expect(encoder.slots).toBe(slots)
    }
  })

  it('moves a vector that waits for its label along with the edit; a new numeric input is missing in it', () => {
    const old = new FeatureEncoder(features(Flight).numeric('distance').categorical('carrier', 'gate').spec)
    const waiting = old.vector()
    old.encode(flight, waiting, true)
    const encoder = new FeatureEncoder(features(Flight).numeric('seats', 'distance').categorical('gate', 'late').spec)
    const map = encoder.restore(reader(old))
    const moved = encoder.vector()
    moved.moveFrom(waiting, map)
    expect(describeVector(encoder, moved)).toEqual({ dense: [undefined, 1400], active: ['gate=A1'] })
  })

  it('refuses damaged snapshots at every length and never allocates by what they claim', () => {
    const encoder = new FeatureEncoder(list.spec, { generate: false })
    for (const gate of ['A', 'B', null]) encoder.encode({ ...flight, gate }, encoder.vector(), true)
    const whole = bytes(encoder)
    for (let length = 0; length < whole.length; length++) {
      const cut = new FeatureEncoder(list.spec, { generate: false })
      expect(() => cut.restore(new ByteReader(whole.subarray(0, length), 'test'))).toThrow(/ML_CORRUPT/)
      expect(bytes(cut)).toEqual(bytes(new FeatureEncoder(list.spec, { generate: false })))
    }
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = whole.slice()
        damaged[at] ^= flip
        try {
          new FeatureEncoder(list.spec, { generate: false }).restore(new ByteReader(damaged, 'test'))
        } catch (error) {
          expect((error as Error).message).toMatch(/^ML_(CORRUPT|VERSION)/)
        }
      }),
    )
    const newer = whole.slice()
    newer[0] = 2
    expect(() => new FeatureEncoder(list.spec, { generate: false }).restore(new ByteReader(newer, 'test'))).toThrow(
      /ML_VERSION.*got v2, expected v1/,
    )
  })

  it('refuses snapshots that give a category two slots, a slot to nobody, or one to a category that is not there', () => {
    const spec = features(Flight).numeric('distance').categorical('carrier').cross('carrier', 'late').spec
    const written = (given: readonly number[][]): ByteReader => {
      const writer = new ByteWriter()
      writer.u8(1)
      for (const names of [['distance'], ['text  carrier']]) {
        writer.varint(1)
        for (const name of names) writer.string(name)
      }
      writer.varint(2)
      for (const text of ['UA', 'AA']) writer.string(text)
      writer.varint(2)
      for (const key of [
        '["carrier",["text  carrier"],"dictionary",0]',
        '["carrier×late",["text  carrier","boolean  late"],"dictionary",0]',
      ]) {
        writer.string(key)
        for (let i = 0; i < 3; i++) writer.varint(0)
      }
      writer.varint(given.length)
      for (const numbers of given) for (const value of numbers) writer.varint(value)
      return new ByteReader(writer.finish(), 'test')
    }
    const good = [
      [0, 1, 1],
      [1, 1, 0, 1],
      [0, 1, 0],
      [1, 0],
    ]
    const encoder = new FeatureEncoder(spec)
    expect(encoder.restore(written(good)).identity).toBe(true)
    expect(names(encoder)).toEqual([
      'distance',
      'carrier=AA',
      'carrier×late=UA×true',
      'carrier=UA',
      'carrier×late=<other>',
    ])
    const wrong: [number[], RegExp][] = [
      [[0, 1, 0], /ML_CORRUPT.*two slots/],
      [[1, 1, 0, 1], /ML_CORRUPT.*two slots/],
      [[0, 1, 2], /ML_CORRUPT.*out of range; got 2/],
      [[1, 1, 1, 2], /ML_CORRUPT.*out of range; got 2/],
      [[2, 1, 0], /ML_CORRUPT.*belongs to no feature/],
      [[0, 2, 0], /ML_CORRUPT.*no known kind/],
      [[1, 0], /ML_CORRUPT.*two slots/],
    ]
    for (const [numbers, message] of wrong) {
      expect(() => new FeatureEncoder(spec).restore(written([...good, numbers])), String(numbers)).toThrow(message)
    }
  })

  it('reads any number of inputs, with names that are no identifiers', () => {
    const wide = Array.from({ length: 200 }, (_, i) => `x"${i}\n\u2028'`)
    const schema = record(Object.fromEntries(wide.map((name, i) => [name, i % 2 ? number() : string().nullable()])))
    const loose = features(schema) as unknown as {
      numeric(...n: string[]): { categorical(...n: string[]): { spec: FeatureSpec } }
    }
    const { spec } = loose.numeric(...wide.filter((_, i) => i % 2)).categorical(...wide.filter((_, i) => i % 2 === 0))
    const input = Object.fromEntries(wide.map((name, i) => [name, i % 2 ? i : i % 4 ? `t${i}` : null]))
    const results = [true, false].map((generate) => named(new FeatureEncoder(spec, { generate }), input, true))
    expect(results[0]).toEqual(results[1])
    expect(results[0].dense[99]).toBe(199)
    expect(results[0].active).toHaveLength(50)
  })
})

function named(encoder: FeatureEncoder, input: Readonly<Record<string, unknown>>, grow: boolean) {
  const out = encoder.vector()
  encoder.encode(input, out, grow)
  return describeVector(encoder, out)
}

function describeVector(encoder: FeatureEncoder, { dense, missing, active, activeCount }: FeatureVector) {
  return {
    dense: [...dense].map((value, i) => (missing[i] ? undefined : value)),
    active: [...active.subarray(0, activeCount)].map((slot) => encoder.slotName(slot)),
  }
}

function names(encoder: FeatureEncoder): string[] {
  return Array.from({ length: encoder.slots }, (_, slot) => encoder.slotName(slot))
}

function bytes(encoder: FeatureEncoder): Uint8Array {
  const writer = new ByteWriter()
  encoder.snapshot(writer)
  return writer.finish()
}

function reader(encoder: FeatureEncoder): ByteReader {
  return new ByteReader(bytes(encoder), 'test')
}
