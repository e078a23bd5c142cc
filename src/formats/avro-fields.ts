import { MillraceError } from '../errors.ts'
import { type AvroScanner, BAD } from './avro-scanner.ts'
import { type AvroRecord, type AvroType, typeName } from './avro-schema.ts'
import { isoTimeText } from './iso-time.ts'
import { shown } from './json-scanner.ts'
import type { FieldSpec } from './schema.ts'
import { StringCache } from './string-cache.ts'
import { TimeField } from './time-field.ts'
import { utcOffsetMs } from './utc-offset.ts'

/** Reads the value at an offset into `values`; returns the offset after it, or BAD. */
type Step = (scanner: AvroScanner, at: number, values: unknown[]) => number

/** Why a type of Avro cannot be what a field takes. */
class Mismatch {
  readonly why: string

  constructor(why: string) {
    this.why = why
  }
}

/**
 * Reads the records that one schema of Avro writes into the fields of one of ours, found by name. What no field names is
 * stepped over, though checked; a nullable field that the writer does not have is null.
 *
 * A branch of a union that a field cannot take rejects the messages that have it; a field that could take none is refused
 * here.
 *
 * @throws ML_SCHEMA naming the field
 */
export class AvroFields {
  private readonly steps: readonly Step[]
  private readonly absent: readonly number[]

  constructor(type: AvroType, fields: readonly FieldSpec[], where: string) {
    if (type.kind !== 'record') {
      throw new MillraceError('ML_SCHEMA', { what: `messages must be records, not ${typeName(type)}`, where })
    }
    this.steps = type.fields.map(({ name, type: written }) => {
      const slot = fields.findIndex((field) => field.name === name)
      if (slot < 0) return (scanner, at) => scanner.skip(written, at, 1)
      const step = stepOf(written, fields[slot], slot)
      if (step instanceof Mismatch) throw refusal(fields[slot].name, step.why, where)
      return step
    })
    this.absent = absentFields(type, fields, where)
  }

  read(scanner: AvroScanner, at: number, values: unknown[]): number {
    const { steps, absent } = this
    for (let i = 0; i < absent.length; i++) values[absent[i]] = null
    for (let i = 0; i < steps.length && at >= 0; i++) at = steps[i](scanner, at, values)
    return at
  }
}

function absentFields(type: AvroRecord, fields: readonly FieldSpec[], where: string): number[] {
  const absent: number[] = []
  for (const [slot, { name, nullable }] of fields.entries()) {
    if (type.fields.some((field) => field.name === name)) continue
    if (!nullable) throw refusal(name, `is not in ${typeName(type)}`, where)
    absent.push(slot)
  }
  return absent
}

function stepOf(type: AvroType, field: FieldSpec, slot: number): Step | Mismatch {
  if (type.kind === 'union') return unionStep(type.branches, field, slot)
  if (type.kind === 'null') return nullStep(field, slot)
  switch (field.type) {
    case 'string':
      return textStep(type, field, slot)
    case 'boolean':
      return type.kind === 'boolean' ? booleanStep(slot) : mismatch(type, field)
    case 'number':
      return numberStep(type, field, slot)
    case 'integer':
      return type.kind === 'int' || type.kind === 'long' ? wholeStep(type.kind, field, slot) : mismatch(type, field)
    case 'time':
      return timeStep(type, field, slot)
  }
}

function mismatch(type: AvroType, field: FieldSpec): Mismatch {
  return new Mismatch(`is ${typeName(type)} in the writer's schema, which is no ${field.type}()`)
}

function unionStep(branches: readonly AvroType[], field: FieldSpec, slot: number): Step | Mismatch {
  const steps = branches.map((branch) => stepOf(branch, field, slot))
  const usable = steps.some((step, i) => !(step instanceof Mismatch) && branches[i].kind !== 'null')
  if (!usable) return steps.find((step) => step instanceof Mismatch) ?? mismatch({ kind: 'union', branches }, field)
  const named = steps.map((step): Step => {
    if (!(step instanceof Mismatch)) return step
    return (scanner, at) => wrong(scanner, field, step.why, at)
  })
  return (scanner, at, values) => {
    const next = scanner.index(at, named.length)
    return next < 0 ? BAD : named[scanner.value](scanner, next, values)
  }
}

function nullStep(field: FieldSpec, slot: number): Step {
  if (!field.nullable) return (scanner, at) => wrong(scanner, field, 'is null', at)
  return (_scanner, at, values) => {
    values[slot] = null
    return at
  }
}

function booleanStep(slot: number): Step {
  return (scanner, at, values) => {
    const next = scanner.skip({ kind: 'boolean', logical: undefined }, at, 1)
    if (next >= 0) values[slot] = scanner.bytes[at] === 1
    return next
  }
}

function textStep(type: AvroType, field: FieldSpec, slot: number): Step | Mismatch {
  if (type.kind === 'enum') {
    const { symbols } = type
    return (scanner, at, values) => {
      const next = scanner.index(at, symbols.length)
      if (next >= 0) values[slot] = symbols[scanner.value]
      return next
    }
  }
  if (type.kind === 'fixed' && type.logical === 'uuid' && type.size === 16) return uuidStep(slot)
  if (type.kind !== 'string') return mismatch(type, field)
  const cache = new StringCache()
  return (scanner, at, values) => {
    const next = scanner.sized(at)
    if (next < 0) return BAD
    const text = cache.get(scanner.bytes, scanner.start, next)
    if (text === undefined) return scanner.fail('a string is not valid UTF-8', at)
    if (text.includes('\0')) return wrong(scanner, field, `${shown(text)} has a NUL`, at)
    values[slot] = text
    return next
  }
}

function uuidStep(slot: number): Step {
  return (scanner, at, values) => {
    const next = scanner.fixed(at, 16)
    if (next < 0) return BAD
    let text = ''
    for (let i = 0; i < 16; i++) {
      if (i === 4 || i === 6 || i === 8 || i === 10) text += '-'
      text += scanner.bytes[at + i].toString(16).padStart(2, '0')
    }
    values[slot] = text
    return next
  }
}

function numberStep(type: AvroType, field: FieldSpec, slot: number): Step | Mismatch {
  if (type.kind === 'int' || type.kind === 'long') return wholeStep(type.kind, field, slot)
  if (type.kind !== 'float' && type.kind !== 'double') return mismatch(type, field)
  const size = type.kind === 'float' ? 4 : 8
  return (scanner, at, values) => {
    const next = scanner.fixed(at, size)
    if (next < 0) return BAD
    const value = size === 4 ? scanner.view.getFloat32(at, true) : scanner.view.getFloat64(at, true)
    if (value - value !== 0) return wrong(scanner, field, `${value} is not finite`, at)
    values[slot] = value
    return next
  }
}

function wholeStep(kind: 'int' | 'long', field: FieldSpec, slot: number): Step {
  return (scanner, at, values) => {
    const next = kind === 'int' ? scanner.int(at) : scanner.long(at)
    if (next < 0) return BAD
    const { value } = scanner
    if (value - value !== 0 || value < -Number.MAX_SAFE_INTEGER) {
      return wrong(scanner, field, 'is an integer past 2^53 - 1', at)
    }
    values[slot] = value
    return next
  }
}

const DAY_MS = 86_400_000

function timeStep(type: AvroType, field: FieldSpec & { readonly type: 'time' }, slot: number): Step | Mismatch {
  if (type.kind === 'string') return timeTextStep(field, slot)
  if (type.kind !== 'int' && type.kind !== 'long') return mismatch(type, field)
  const { kind, logical } = type
  const scale = scaleOf(kind, logical, field.unit)
  if (scale === undefined) {
    const remedy = logical === undefined ? ": say what it counts with time({ unit: 'ms' }) or 's'" : ''
    return new Mismatch(`is ${typeName(type)} in the writer's schema, which is no time()${remedy}`)
  }
  const isLocal = logical === 'date' || logical?.startsWith('local-') === true
  if (isLocal && field.utcOffset === null) {
    return new Mismatch(`is ${typeName(type)}, which has no offset from UTC: say which with time({ utcOffset })`)
  }
  const offsetMs = isLocal ? utcOffsetMs(field.utcOffset as string, `field "${field.name}"`) : 0
  return (scanner, at, values) => {
    const next = kind === 'int' ? scanner.int(at) : scanner.long(at)
    if (next < 0) return BAD
    const ms = (scale < 0 ? Math.floor(scanner.value / -scale) : scanner.value * scale) - offsetMs
    if (!(ms >= field.min && ms <= field.max)) {
      const range = `is outside ${isoTimeText(field.min)} to ${isoTimeText(field.max)}`
      return wrong(scanner, field, `the time ${range}`, at)
    }
    values[slot] = ms
    return next
  }
}

/** Milliseconds of one unit; negative: units of one millisecond. */
function scaleOf(kind: 'int' | 'long', logical: string | undefined, unit: string): number | undefined {
  if (kind === 'int' && logical === 'date') return DAY_MS
  if (kind === 'long' && (logical === 'timestamp-millis' || logical === 'local-timestamp-millis')) return 1
  if (kind === 'long' && (logical === 'timestamp-micros' || logical === 'local-timestamp-micros')) return -1000
  if (logical !== undefined || unit === 'iso') return undefined
  return unit === 'ms' ? 1 : 1000
}

function timeTextStep(field: FieldSpec & { readonly type: 'time' }, slot: number): Step | Mismatch {
  if (field.unit !== 'iso') return new Mismatch(`is a string in the writer's schema; read it with time()`)
  const time = new TimeField(field)
  return (scanner, at, values) => {
    const next = scanner.string(at)
    if (next < 0) return BAD
    const ms = time.read(scanner.bytes, scanner.start, next)
    if (ms !== ms) return wrong(scanner, field, `the text ${time.problem(scanner.bytes, scanner.start, next)}`, at)
    values[slot] = ms
    return next
  }
}

function wrong(scanner: AvroScanner, field: FieldSpec, problem: string, at: number): typeof BAD {
  return scanner.fail(`field ${shown(field.name)}: ${problem}`, at, 'ML_FIELD')
}

function refusal(name: string, why: string, where: string): MillraceError {
  return new MillraceError('ML_SCHEMA', {
    what: `field "${name}" ${why}`,
    where,
    remedy: 'Declare the field as the writer has it, as nullable() where he may not have it, or leave it out',
  })
}
