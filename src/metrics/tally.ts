/** What a metric needs of a task: sums over outcomes, and a way to keep outcomes. Everything else exists once for all. */
import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'

/** Counts outcomes that have been checked, and says what they come to. */
export interface Summary<O, R> {
  /** Counts an outcome, `gain` times its weight. */
  add(outcome: O, gain: number): void
  /** @param gain what the last outcome's weight was multiplied by: weights in the report are divided by it */
  report(gain: number): R
}

/** The sums of a stream without end. */
export interface Tally<O, R> extends Summary<O, R> {
  /** Outcomes counted, whatever their weight. */
  readonly records: number
  /** Refuses what cannot be counted, before anything is. @throws ML_VALUE ML_LABEL ML_STATE_LIMIT */
  check(outcome: O): void
  /** Lets everything counted so far weigh `factor` times what it did. */
  scale(factor: number): void
  snapshot(writer: ByteWriter): void
  /** @throws ML_CORRUPT ML_VERSION */
  restore(reader: ByteReader): void
}

/** Outcomes side by side, each at its place. */
export interface OutcomeColumns<O> {
  /** Refuses what cannot be counted, before anything is kept. @throws ML_VALUE ML_LABEL ML_STATE_LIMIT */
  check(outcome: O): void
  /** Keeps an outcome in place of what was there. Places are filled from 0 on. */
  put(place: number, outcome: O): void
  get(place: number): O
  write(writer: ByteWriter, place: number): void
  /** Reads what `write` wrote, for `check` to judge. @throws ML_CORRUPT */
  read(reader: ByteReader): O
}

export interface QualityTask<O, R> {
  tally(): Tally<O, R>
  /** Sums of `count` outcomes that are all at hand: exact where a tally must sketch. */
  summary(count: number): Summary<O, R>
  columns(size: number): OutcomeColumns<O>
}
