import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { readVersion } from '../stats/snapshot-version.ts'
import type { QualityWindow, Tumbling } from './quality.ts'
import type { QualityTask, Tally } from './tally.ts'

interface OpenWindow<O, R> {
  readonly startMs: number
  readonly tally: Tally<O, R>
}

const mostOpen = 100

/**
 * Quality by event-time windows of one size that follow each other without gap, aligned to 1970-01-01 UTC. A window closes
 * when the watermark says that no outcome of it can come any more. Windows without outcomes are not reported.
 *
 * Input     outcomes with their event time, in any order between two watermarks
 * Late      an outcome of a window that has closed is left out, and counted in `late`
 * Cost      O(open windows) time per update, O(1) when outcomes come in order; per open window, of which there are at most
 *           100, the state of the overall quality of the task
 * Order     insensitive within a window, as far as the overall quality of the task is
 * Snapshot  v1: size, late, end of the last closed window, then start and sums of each open one by time
 * @param sizeMs length of a window in milliseconds, a positive integer
 * @throws ML_RANGE for another size; from `update` what the task refuses, ML_EVENT_TIME, and ML_STATE_LIMIT
 * past 100 open windows; nothing is counted then
 */
export class TumblingQuality<O, R> implements Tumbling<O, R> {
  readonly sizeMs: number
  /** Outcomes that came after their window had closed. */
  late = 0
  #closedBelow = Number.MIN_SAFE_INTEGER
  /** The open windows by start, ascending. */
  readonly #open: OpenWindow<O, R>[] = []
  readonly #task: QualityTask<O, R>

  constructor(task: QualityTask<O, R>, sizeMs: number) {
    if (!(Number.isSafeInteger(sizeMs) && sizeMs > 0)) {
      throw new MillraceError('ML_RANGE', {
        what: 'the window must be a positive whole number of milliseconds',
        got: sizeMs,
        where: 'TumblingQuality',
      })
    }
    this.sizeMs = sizeMs
    this.#task = task
  }

  update(outcome: O, timeMs: number): void {
    const startMs = Math.floor(timeMs / this.sizeMs) * this.sizeMs
    if (!Number.isSafeInteger(startMs)) {
      throw new MillraceError('ML_EVENT_TIME', {
        what: 'an event time must be a number of milliseconds',
        got: timeMs,
        where: 'TumblingQuality',
      })
    }
    if (startMs < this.#closedBelow) {
      this.late++
      return
    }
    const after = this.#after(startMs)
    const found = after > 0 && this.#open[after - 1].startMs === startMs
    const tally = found ? this.#open[after - 1].tally : this.#task.tally()
    tally.check(outcome)
    if (!found) this.#insert(after, { startMs, tally })
    tally.add(outcome, 1)
  }

  /** Closes every window whose last millisecond the watermark has reached, and gives them by time. */
  advance(watermarkMs: number): QualityWindow<R>[] {
    const closed = Math.floor((watermarkMs + 1) / this.sizeMs) * this.sizeMs
    this.#closedBelow = Math.max(this.#closedBelow, closed)
    const due = this.#open.filter(({ startMs }) => startMs < this.#closedBelow)
    return this.#open.splice(0, due.length).map(this.#report)
  }

  /** The open windows as they stand, by time. */
  open(): QualityWindow<R>[] {
    return this.#open.map(this.#report)
  }

  snapshot(writer: ByteWriter): void {
    writer.u8(1)
    writer.varint(this.sizeMs)
    writer.varint(this.late)
    writer.zigzag(this.#closedBelow)
    writer.varint(this.#open.length)
    for (const { startMs, tally } of this.#open) {
      writer.zigzag(startMs)
      tally.snapshot(writer)
    }
  }

  /** @throws ML_CORRUPT ML_VERSION; ML_RANGE when the windows of the snapshot have another size */
  restore(reader: ByteReader): void {
    readVersion(reader, 1, 'a metric')
    const sizeMs = reader.varint()
    if (sizeMs !== this.sizeMs) {
      throw new MillraceError('ML_RANGE', {
        what: `the windows of the snapshot are ${sizeMs} ms long, those of the pipeline ${this.sizeMs} ms`,
        where: reader.place,
        remedy: 'Keep the length of the window, or start the metric anew under another name',
      })
    }
    this.late = reader.varint()
    this.#closedBelow = reader.zigzag()
    this.#open.length = 0
    for (let left = reader.varint(); left > 0; left--) {
      const startMs = reader.zigzag()
      const tally = this.#task.tally()
      tally.restore(reader)
      this.#open.push({ startMs, tally })
    }
  }

  /** How many open windows begin at this time or before it. */
  #after(startMs: number): number {
    let at = this.#open.length
    while (at > 0 && this.#open[at - 1].startMs > startMs) at--
    return at
  }

  #insert(at: number, window: OpenWindow<O, R>): void {
    if (this.#open.length >= mostOpen) {
      throw new MillraceError('ML_STATE_LIMIT', {
        what: `more than ${mostOpen} windows are open`,
        where: 'TumblingQuality',
        remedy: 'Take longer windows, or a source whose watermark keeps up',
      })
    }
    this.#open.splice(at, 0, window)
  }

  readonly #report = ({ startMs, tally }: OpenWindow<O, R>): QualityWindow<R> => ({
    startMs,
    endMs: startMs + this.sizeMs,
    report: tally.report(1),
  })
}
