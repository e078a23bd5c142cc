import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { readVersion } from '../stats/snapshot-version.ts'
import type { BinaryOutcome } from './binary-outcome.ts'
import { BinaryQuality } from './binary-quality.ts'
import type { BinaryReport } from './binary-report.ts'

/** Quality of the outcomes with `startMs` <= event time < `endMs`, in milliseconds since 1970 UTC. */
export interface QualityWindow {
  readonly startMs: number
  readonly endMs: number
  readonly report: BinaryReport
}

const mostOpen = 100

/**
 * Quality by event-time windows of one size that follow each other without gap, aligned to 1970-01-01 UTC. A window closes
 * when the watermark says that no outcome of it can come any more. Windows without outcomes are not reported.
 *
 * Input     outcomes with their event time, in any order between two watermarks
 * Late      an outcome of a window that has closed is left out, and counted in `late`
 * Cost      O(open windows) time per update, O(1) when outcomes come in order; 256 KB per open window, at most 100 of them
 * Order     insensitive, as BinaryQuality is
 * Snapshot  v1: size, late, end of the last closed window, then start and quality of each open one by time
 * @param sizeMs length of a window in milliseconds, a positive integer
 * @throws ML_RANGE for another size; from `update` ML_VALUE ML_LABEL, and ML_STATE_LIMIT past 100 open windows
 */
export class TumblingQuality {
  readonly sizeMs: number
  /** Outcomes that came after their window had closed. */
  late = 0
  #closedBelow = Number.MIN_SAFE_INTEGER
  /** The open windows by start, ascending. */
  readonly #open: { readonly startMs: number; readonly quality: BinaryQuality }[] = []

  constructor(sizeMs: number) {
    if (!(Number.isSafeInteger(sizeMs) && sizeMs > 0)) {
      throw new MillraceError('ML_RANGE', {
        what: 'the window must be a positive whole number of milliseconds',
        got: sizeMs,
        where: 'TumblingQuality',
      })
    }
    this.sizeMs = sizeMs
  }

  update(outcome: BinaryOutcome, timeMs: number): void {
    const startMs = Math.floor(timeMs / this.sizeMs) * this.sizeMs
    if (startMs < this.#closedBelow) this.late++
    else this.#window(startMs).update(outcome)
  }

  /** Closes every window whose last millisecond the watermark has reached, and gives them by time. */
  advance(watermarkMs: number): QualityWindow[] {
    const closed = Math.floor((watermarkMs + 1) / this.sizeMs) * this.sizeMs
    this.#closedBelow = Math.max(this.#closedBelow, closed)
    const due = this.#open.filter(({ startMs }) => startMs < this.#closedBelow)
    return this.#open.splice(0, due.length).map(this.#report)
  }

  /** The open windows as they stand, by time. */
  open(): QualityWindow[] {
    return this.#open.map(this.#report)
  }

  snapshot(writer: ByteWriter): void {
    writer.u8(1)
    writer.varint(this.sizeMs)
    writer.varint(this.late)
    writer.zigzag(this.#closedBelow)
    writer.varint(this.#open.length)
    for (const { startMs, quality } of this.#open) {
      writer.zigzag(startMs)
      quality.snapshot(writer)
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
      const quality = new BinaryQuality()
      quality.restore(reader)
      this.#open.push({ startMs, quality })
    }
  }

  #window(startMs: number): BinaryQuality {
    let at = this.#open.length
    while (at > 0 && this.#open[at - 1].startMs > startMs) at--
    if (at > 0 && this.#open[at - 1].startMs === startMs) return this.#open[at - 1].quality
    if (this.#open.length >= mostOpen) {
      throw new MillraceError('ML_STATE_LIMIT', {
        what: `more than ${mostOpen} windows are open`,
        where: 'TumblingQuality',
        remedy: 'Take longer windows, or a source whose watermark keeps up',
      })
    }
    const quality = new BinaryQuality()
    this.#open.splice(at, 0, { startMs, quality })
    return quality
  }

  readonly #report = ({ startMs, quality }: { startMs: number; quality: BinaryQuality }): QualityWindow => ({
    startMs,
    endMs: startMs + this.sizeMs,
    report: quality.report(),
  })
}
