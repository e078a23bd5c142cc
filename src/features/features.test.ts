import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { boolean, integer, number, record, string, time } from '../formats/schema.ts'
import { features } from './features.ts'

const Departure = record({
  carrier: string(),
  origin: string(),
  gate: string().nullable(),
  late: boolean(),
  distance: number(),
  seats: integer().nullable(),
  scheduledAt: time(),
})

describe('features()', () => {
  it('declares inputs as plain JSON, in order, and leaves the shorter list as it was', () => {
    const short = features(Departure).numeric('distance')
    const long = short
      .numeric('seats', { max: 1000 })
      .categorical('carrier', 'late')
      .categorical('gate', { hashBits: 6 })
      .hourOfDay('scheduledAt', { utcOffset: '-05:00', as: 'hour' })
      .dayOfWeek('scheduledAt', { utcOffset: 'Z' })
      .cross('hour', 'carrier', { max: 50 })
      .cross('hour', 'late')
    expect(short.spec.categorical).toEqual([])
    expect(JSON.parse(JSON.stringify(long.spec))).toEqual(long.spec)
    expect(long.spec.numeric).toEqual([
      { name: 'distance', nullable: false, max: 1e15 },
      { name: 'seats', nullable: true, max: 1000 },
    ])
    expect(long.spec.categorical.map(({ name, storage }) => [name, storage])).toEqual([
      ['carrier', { by: 'dictionary', max: 100_000 }],
      ['late', { by: 'fixed' }],
      ['gate', { by: 'hashing', bits: 6 }],
      ['hour', { by: 'fixed' }],
      ['dayOfWeek(scheduledAt)', { by: 'fixed' }],
      ['hour×carrier', { by: 'dictionary', max: 50 }],
      ['hour×late', { by: 'fixed' }],
    ])
  })

  it('refuses, when the compiler was not asked, names that do not exist, types that do not fit and names used twice', () => {
    const loose = features(Departure) as unknown as Record<string, (...args: unknown[]) => unknown>
    const cases: [string, unknown[], RegExp][] = [
      ['numeric', ['distnace'], /ML_SCHEMA.*no field "distnace".*Did you mean "distance"/],
      ['numeric', ['scheduledAt'], /ML_SCHEMA.*is time, not number or integer.*Possible are: distance, seats/],
      ['categorical', ['distance'], /ML_SCHEMA.*is number, not string or boolean/],
      ['hourOfDay', ['seats', { utcOffset: 'Z' }], /ML_SCHEMA.*is integer, not time/],
      ['hourOfDay', ['scheduledAt', { utcOffset: 'Europe/Zurich' }], /ML_SCHEMA.*fixed offset/],
      ['hourOfDay', ['scheduledAt', { utcOffset: 'Z', as: 'carrier' }], /ML_SCHEMA.*must be new/],
      ['cross', ['carrier'], /ML_SCHEMA.*two inputs/],
      ['cross', ['carrier', 'hour'], /ML_SCHEMA.*no field "hour"/],
      ['numeric', ['distance', 'distance'], /ML_SCHEMA.*declared twice/],
      ['numeric', ['distance', { max: 0 }], /ML_RANGE.*max/],
      ['categorical', ['carrier', { max: 0 }], /ML_RANGE.*max/],
      ['categorical', ['carrier', { hashBits: 25 }], /ML_RANGE.*hashBits/],
      ['categorical', ['carrier', { hashBits: 4, max: 3 }], /ML_RANGE.*exclude/],
      ['categorical', [{ max: 3 }, 'carrier'], /ML_SCHEMA.*names come first/],
    ]
    for (const [method, args, message] of cases) {
      expect(() => loose[method](...args), `${method} ${JSON.stringify(args)}`).toThrow(message)
    }
  })

  it('does not compile with a wrong name', () => {
    const list = features(Departure)
    const neverRun = () => {
      // @ts-expect-error no such field
      list.numeric('distnace')
      // @ts-expect-error a string is not numeric
      list.numeric('carrier')
      // @ts-expect-error a number is not categorical
      list.categorical('distance')
      // @ts-expect-error a string is not a time
      list.hourOfDay('carrier', { utcOffset: 'Z' })
      // @ts-expect-error 'hour' is not derived yet
      list.cross('hour', 'carrier')
      list.hourOfDay('scheduledAt', { utcOffset: 'Z', as: 'hour' }).cross('hour', 'carrier')
      list.dayOfWeek('scheduledAt', { utcOffset: 'Z' }).cross('dayOfWeek(scheduledAt)', 'late')
    }
    expect(neverRun).toBeTypeOf('function')
  })

  it('makes the compiler list the right names', () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-names-'))
    try {
      const here = (file: string) => JSON.stringify(fileURLToPath(new URL(file, import.meta.url)))
      writeFileSync(
        join(folder, 'wrong.ts'),
        `import { features } from ${here('./features.ts')}
import { number, record, string, time } from ${here('../formats/schema.ts')}
const Departure = record({ carrier: string(), origin: string(), distance: number(), scheduledAt: time() })
features(Departure).categorical('carier')
features(Departure).hourOfDay('scheduled', { utcOffset: 'Z' })
features(Departure).hourOfDay('scheduledAt', { utcOffset: 'Z', as: 'hour' }).cross('hours', 'carrier')
`,
      )
      const compilerOptions = {
        noEmit: true,
        strict: true,
        target: 'ES2022',
        module: 'NodeNext',
        allowImportingTsExtensions: true,
        types: [],
      }
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['wrong.ts'] }))
      const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))
      const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
      expect(stdout).toMatch(/'"carier"' is not assignable to parameter of type '[^']*"carrier" \| "origin"/)
      expect(stdout).toMatch(
        /'"scheduled"' is not assignable to parameter of type '"(distance" \| "scheduledAt|scheduledAt" \| "distance)"'/,
      )
      expect(stdout).toMatch(/'"hours"' is not assignable to parameter of type '[^']*"hour"/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
